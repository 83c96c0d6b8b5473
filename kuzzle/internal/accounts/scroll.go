package accounts

import (
	"context"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// scrolls are the searches that may be gone on with, by whoever began them. They are not kept over a restart.
type scrolls struct {
	mu   sync.Mutex // guards list
	list map[string]*scroll
}

// scroll is a search that has been begun.
type scroll struct {
	search Search
	next   string // after what to go on
	ends   time.Time
}

const (
	mostScrolls       = 500
	longestScroll     = time.Minute
	scrollForm        = "15s" // unless the request says so
	tooManyScrolls    = "Trying to create too many scroll contexts. Must be less than or equal to: [500]."
	fromWithinScroll  = "using [from] is not allowed in a scroll context"
	emptyScrollWindow = "[size] cannot be [0] in a scroll context"
)

// scrollTime reads how long a search may be gone on with.
func scrollTime(text string) (time.Duration, error) {
	ms, ok := span(text)
	switch {
	case !ok || ms <= 0:
		return 0, apierror.New("services.storage.invalid_argument", "scroll", "a span of time, as \"10s\"")
	case ms > float64(longestScroll.Milliseconds()):
		return 0, apierror.New("services.storage.scroll_duration_too_great", text)
	}
	return time.Duration(ms * float64(time.Millisecond)), nil
}

// beginScroll makes a search that may be gone on with.
func (a *Accounts) beginScroll(ctx context.Context, s Search) (*Found, error) {
	d, err := scrollTime(s.Scroll)
	switch {
	case err != nil:
		return nil, err
	case s.From > 0:
		return nil, storage.BadRequest(fromWithinScroll)
	case s.Size == 0:
		return nil, storage.BadRequest(emptyScrollWindow)
	}
	sc := &scroll{search: s, ends: a.opts.Clock.Now().Add(d)}
	f, err := a.nextPage(ctx, sc)
	if err != nil || sc.next == "" {
		return f, err
	}
	f.ScrollID = randomHex(16)
	return f, a.scrolls.add(f.ScrollID, sc, a.opts.Clock.Now())
}

// Scroll goes on with a search of a user. ttl is how long that may be done again; "": 15 s.
func (a *Accounts) Scroll(ctx context.Context, kind Kind, id, ttl, userID string) (*Found, error) {
	if ttl == "" {
		ttl = scrollForm
	}
	d, err := scrollTime(ttl)
	if err != nil {
		return nil, err
	}
	now := a.opts.Clock.Now()
	sc := a.scrolls.take(id, now, kind, userID)
	if sc == nil {
		return nil, apierror.New("services.storage.unknown_scroll_id")
	}
	sc.ends = now.Add(d)
	f, err := a.nextPage(ctx, sc)
	if err != nil || sc.next == "" {
		return f, err
	}
	f.ScrollID = id
	return f, a.scrolls.add(id, sc, now)
}

// nextPage goes on with a search.
func (a *Accounts) nextPage(ctx context.Context, sc *scroll) (*Found, error) {
	f := &Found{Hits: []Entry{}}
	err := a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) (err error) {
		col := in(tx, string(sc.search.Kind))
		if f.Total, err = col.Count(ctx, conditionOf(sc.search)); err != nil {
			return err
		}
		o := sc.search.options(sc.search.Size)
		o.After = sc.next
		page, err := col.FindPage(ctx, conditionOf(sc.search), o)
		if err != nil {
			return err
		}
		for _, doc := range page.Documents {
			f.Hits = append(f.Hits, shown(sc.search.Kind, doc))
		}
		sc.next = page.Next
		return nil
	})
	return f, err
}

// add remembers a search, and forgets those whose time is over.
func (s *scrolls) add(id string, sc *scroll, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other, sc := range s.list {
		if !now.Before(sc.ends) {
			delete(s.list, other)
		}
	}
	if len(s.list) >= mostScrolls {
		return storage.BadRequest(tooManyScrolls)
	}
	if s.list == nil {
		s.list = map[string]*scroll{}
	}
	s.list[id] = sc
	return nil
}

// take returns a search of a user and forgets it; nil if there is none.
func (s *scrolls) take(id string, now time.Time, kind Kind, userID string) *scroll {
	s.mu.Lock()
	defer s.mu.Unlock()
	sc := s.list[id]
	if sc == nil || sc.search.Kind != kind || sc.search.User != userID || !now.Before(sc.ends) {
		return nil
	}
	delete(s.list, id)
	return sc
}
