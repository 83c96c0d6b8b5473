package main

import (
	"bufio"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/crashfs"
)

// film is a recording with what is needed to judge images of it.
type film struct {
	Seed      uint64
	Before    []string // what was told before the base of the recording was made
	Recording crashfs.Recording
}

func (f film) save(path string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	return errors.Join(gob.NewEncoder(w).Encode(f), w.Flush(), out.Close())
}

func loadFilm(path string) (f film, err error) {
	in, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer in.Close()
	return f, gob.NewDecoder(bufio.NewReader(in)).Decode(&f)
}

// moments says during what the power can be cut, with the positions in the log: what is rare is cut as often as the
// rest.
func (f film) moments() (map[string][]int, error) {
	list := map[string][]int{}
	c := crashfs.NewCutter(f.Recording)
	h, err := hearBefore(f)
	if err != nil {
		return nil, err
	}
	for at, op := range f.Recording.Log {
		if op.Kind == crashfs.Mark {
			if err := h.hear(op.Name); err != nil {
				return nil, err
			}
			if strings.HasPrefix(op.Name, "round ") {
				h.began = at
			}
		}
		c.MoveTo(at + 1)
		if len(h.rounds) > 0 {
			during := h.during(c)
			list[during] = append(list[during], at+1)
		}
	}
	return list, nil
}

// duringAll are the moments; a long run must have cut in all.
var duringAll = []string{
	"creation", "open", "commits", "growth", "backup", "compaction", "a swap", "close", "what follows a kill",
}

func (h *hearsay) during(c *crashfs.Cutter) string {
	doing := h.rounds[h.round].doing
	switch {
	case c.Unsynced(storeName, h.began):
		return "what follows a kill"
	case c.Renamed():
		return "a swap"
	case !h.opened:
		return "creation"
	case doing["open"]:
		return "open"
	case doing["close"]:
		return "close"
	case doing["compact"]:
		return "compaction"
	case doing["backup"]:
		return "backup"
	case c.Grown():
		return "growth"
	}
	return "commits"
}

// cut is a place to cut, and how.
type cut struct {
	number int
	at     int
	during string
	random *rand.Rand
}

// cutNumber works out one of a film's images.
func (f film) cutNumber(n int, moments map[string][]int) cut {
	r := rand.New(rand.NewPCG(f.Seed, uint64(n)))
	kinds := slices.Sorted(maps.Keys(moments))
	during := kinds[r.IntN(len(kinds))]
	return cut{n, moments[during][r.IntN(len(moments[during]))], during, r}
}

// imagesTask is a child's: to look at some of a film's images.
type imagesTask struct {
	Film     string
	Dir      string
	From, To int
}

// checkImages is the task of a child that looks at images. It tells the number of each before it looks, since a damaged
// file may end the process, and its figures at the end.
func checkImages(arg json.RawMessage) error {
	var t imagesTask
	if err := json.Unmarshal(arg, &t); err != nil {
		return err
	}
	f, err := loadFilm(t.Film)
	if err != nil {
		return err
	}
	tr := &trial{figures: map[string]int{}}
	if err := f.check(context.Background(), t, tr); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(tr.figures)
}

func (f film) check(ctx context.Context, t imagesTask, tr *trial) error {
	moments, err := f.moments()
	if err != nil {
		return err
	}
	var cuts []cut
	for n := t.From; n < t.To; n++ {
		cuts = append(cuts, f.cutNumber(n, moments))
	}
	slices.SortStableFunc(cuts, func(a, b cut) int { return a.at - b.at })
	h, err := hearBefore(f)
	if err != nil {
		return err
	}
	c := crashfs.NewCutter(f.Recording)
	at := 0
	for _, p := range cuts {
		for ; at < p.at; at++ {
			if op := f.Recording.Log[at]; op.Kind == crashfs.Mark {
				if err := h.hear(op.Name); err != nil {
					return err
				}
			}
		}
		c.MoveTo(at)
		if err := f.checkImage(ctx, t.Dir, p, c, h, tr); err != nil {
			return err
		}
	}
	return nil
}

// checkImage makes an image and looks at it.
func (f film) checkImage(ctx context.Context, dir string, p cut, c *crashfs.Cutter, h *hearsay, tr *trial) error {
	im := c.Image(p.random)
	fmt.Printf("image %d, cut after %d of %d operations, during %s, %v\n", p.number, p.at, len(f.Recording.Log), p.during,
		im.Way)
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		return err
	}
	if err := im.WriteTo(dir); err != nil {
		return err
	}
	if err := h.verify(ctx, dir, newModel(f.Seed), p.random, tr); err != nil {
		return err
	}
	tr.note("images cut during "+p.during, 1)
	tr.note("images "+im.Way.String(), 1)
	if im.Lost > 0 {
		tr.note("images that lack something written", 1)
	}
	if f.Recording.Base.Names != nil {
		tr.note("images of stores that had lost power before", 1)
	}
	return os.RemoveAll(dir)
}

// hearsay is what workers, one after the other, have told until the power was cut.
type hearsay struct {
	rounds  map[int]*told
	round   int
	began   int // where, in the log
	opened  bool
	backups map[string]uint64
}

// hearBefore hears what was told before the recording.
func hearBefore(f film) (*hearsay, error) {
	h := &hearsay{rounds: map[int]*told{}, backups: map[string]uint64{}}
	for _, line := range f.Before {
		if err := h.hear(line); err != nil {
			return nil, err
		}
	}
	return h, nil
}

const roundMark = "round %d"

// hear takes in a mark.
func (h *hearsay) hear(mark string) error {
	var round int
	if n, _ := fmt.Sscanf(mark, roundMark, &round); n == 1 {
		h.round = round
		h.rounds[round] = newTold()
		return nil
	}
	t := h.rounds[h.round]
	if err := t.hear(h.round, trimLine(mark)); err != nil {
		return err
	}
	h.opened = h.opened || t.opened
	maps.Copy(h.backups, t.backups)
	return nil
}

func trimLine(s string) string {
	if n := len(s); n > 0 && s[n-1] == '\n' {
		return s[:n-1]
	}
	return s
}

// verify opens what the power cut has left, and compares it with what was told.
func (h *hearsay) verify(ctx context.Context, dir string, m *model, r *rand.Rand, tr *trial) error {
	path := filepath.Join(dir, storeName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !h.opened {
		tr.note("images from before there was a store", 1)
		return nil
	}
	o := options(1)
	if o.ReadOnly = r.IntN(4) == 0; o.ReadOnly {
		tr.note("images opened for reading only", 1)
	}
	s, err := kuzzlite.Open(path, o)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := sound(ctx, s); err != nil {
		return err
	}
	changes, err := readFeed(ctx, s, 0)
	if err != nil {
		return err
	}
	calls, drops, err := m.replay(changes)
	if err != nil {
		return err
	}
	if err := errors.Join(h.compare(calls, drops, tr), m.compare(ctx, s)); err != nil {
		return err
	}
	if !o.ReadOnly && r.IntN(4) == 0 {
		if err := goOn(ctx, s, m.seed, tr); err != nil {
			return fmt.Errorf("written to again: %w", err)
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	return m.verifyBackups(ctx, dir, &told{backups: maps.Clone(h.backups)}, tr)
}

// goOn writes to a store that has come through, which must be sound after that too.
func goOn(ctx context.Context, s *kuzzlite.Store, seed uint64, tr *trial) error {
	const afterAll = 1000 // a round that no worker had
	for n := range 3 {
		if _, _, err := newCall(seed, tag{afterAll, 0, n}).run(s); err != nil {
			return err
		}
	}
	tr.note("images written to again", 1)
	return sound(ctx, s)
}

// compare compares the calls in the feed with those that returned, each with its round.
func (h *hearsay) compare(calls []committed, drops int, tr *trial) error {
	byRound := map[int][]committed{}
	for _, c := range calls {
		byRound[c.tag.round] = append(byRound[c.tag.round], c)
	}
	least := 0
	scratch := &trial{figures: map[string]int{}} // counts per image say nothing
	for n, t := range h.rounds {
		if err := t.compare(n, byRound[n], t.drops, scratch); err != nil {
			return err
		}
		delete(byRound, n)
		least += t.drops
	}
	for n := range byRound {
		return fmt.Errorf("calls of round %d are in the feed, which had not begun", n)
	}
	if drops < least || drops > least+callers*len(h.rounds) {
		return fmt.Errorf("lost: %d collections were deleted, the feed has %d", least, drops)
	}
	tr.note("acknowledged calls looked for", scratch.figures["calls that returned"])
	return nil
}
