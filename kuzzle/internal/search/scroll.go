package search

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Scrolls are the searches whose rest can still be asked for. Such a search has the ids of its hits in memory: which
// documents there are, and their order, does not change any more; their content is as it is when a page is read.
type Scrolls struct {
	mu   sync.Mutex
	open map[string]*scrolled
}

// scrolled is such a search.
type scrolled struct {
	in      *search
	user    string // who searches, and nobody else goes on with it
	hits    []hit  // that are left
	total   int
	expires time.Time
}

// The bounds of scrolls: how many there are, how many hits they hold together, as these are in memory, and how long they
// stay at most (Kuzzle: maxScrollDuration).
const (
	maxScrolls    = 500
	maxHeld       = 5_000_000
	maxScrollTime = time.Minute
	defaultScroll = 15 * time.Second
)

// units are those of Elasticsearch's times.
var units = map[string]time.Duration{
	"nanos": 1, "micros": time.Microsecond, "ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
	"d": 24 * time.Hour,
}

// ScrollTime reads how long a scroll stays.
func ScrollTime(text string) (time.Duration, error) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.ParseFloat(digits, 64)
	unit, ok := units[text[len(digits):]]
	if err != nil || !ok || n <= 0 {
		return 0, storage.BadRequest(fmt.Sprintf(
			"failed to parse setting [scroll] with value [%s] as a time value: unit is missing or unrecognized", text))
	}
	if n*float64(unit) > float64(maxScrollTime) {
		return 0, apierror.New("services.storage.scroll_duration_too_great", text)
	}
	return time.Duration(n * float64(unit)), nil
}

// keep keeps the rest of a search, and returns the id by which it is asked for.
func (s *Scrolls) keep(c *api.Call, rest *scrolled) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := c.Clock.Now()
	held := len(rest.hits)
	for id, old := range s.open {
		if old.expires.Before(now) {
			delete(s.open, id)
		} else {
			held += len(old.hits)
		}
	}
	if held > maxHeld {
		return "", storage.BadRequest(fmt.Sprintf("Trying to hold too many hits in scroll contexts: %d. Must be less than "+
			"or equal to: [%d].", held, maxHeld))
	}
	if len(s.open) >= maxScrolls {
		return "", storage.BadRequest(fmt.Sprintf("Trying to create too many scroll contexts. Must be less than or equal to: "+
			"[%d]. This limit can be set by changing the [search.max_open_scroll_context] setting.", maxScrolls))
	}
	if s.open == nil {
		s.open = map[string]*scrolled{}
	}
	id := c.NewID()
	rest.user, rest.expires = c.User.ID, now.Add(rest.in.scroll)
	s.open[id] = rest
	return id, nil
}

// Scroll is the action document:scroll.
func (s *Scrolls) Scroll(c *api.Call) (api.Result, error) {
	a := c.Args()
	ttl := a.StringOr("scroll", defaultScroll.String())
	id := a.String("scrollId")
	if a.Err != nil {
		return nil, a.Err
	}
	stays, err := ScrollTime(ttl)
	if err != nil {
		return nil, err
	}
	rest, page, left := s.next(id, c.User.ID, stays, c.Clock.Now())
	if rest == nil {
		return nil, apierror.New("services.storage.unknown_scroll_id")
	}
	r := &results{in: rest.in, total: rest.total, scrollID: id, remaining: left, hits: page}
	return r, c.Store.Searched(c.Context, func(store *kuzzlite.Store) error { return r.fill(c, store, rest.in) })
}

// next takes the next page of a scroll of a user, which is gone with its last page.
func (s *Scrolls) next(id, user string, stays time.Duration, now time.Time) (rest *scrolled, page []hit, left int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rest = s.open[id]; rest != nil && rest.user != user {
		return nil, nil, 0
	}
	if rest == nil || rest.expires.Before(now) {
		delete(s.open, id)
		return nil, nil, 0
	}
	page = slices.Clone(rest.hits[:min(rest.in.size, len(rest.hits))]) // whose documents are gone with the answer
	rest.hits, rest.expires = rest.hits[len(page):], now.Add(stays)
	if len(rest.hits) == 0 {
		delete(s.open, id)
	}
	return rest, page, len(rest.hits)
}
