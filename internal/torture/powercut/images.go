package powercut

import (
	"bufio"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/torture/crashfs"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// film is a recording with what is needed to judge images of it.
type film struct {
	Seed      uint64
	Before    []string // what was told before the base of the recording was made
	CutOff    int      // recoveries in a row that a cut has kept from their end before
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
	if len(moments[duringRelaxed]) > 0 && r.IntN(4) == 0 { // where there is most to lose
		during = duringRelaxed
	}
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
	tr := &harness.Trial{Figures: map[string]int{}}
	if err := f.check(context.Background(), t, tr); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(tr.Figures)
}

func (f film) check(ctx context.Context, t imagesTask, tr *harness.Trial) error {
	moments, err := f.moments()
	if err != nil {
		return err
	}
	var cuts []cut
	for n := t.From; n < t.To; n++ {
		cuts = append(cuts, f.cutNumber(n, moments))
	}
	slices.SortStableFunc(cuts, func(a, b cut) int { return a.at - b.at })
	s, err := newScene(f)
	if err != nil {
		return err
	}
	at := 0
	for _, p := range cuts {
		for ; at < p.at; at++ {
			if err := s.moveTo(f.Recording.Log[at], at+1); err != nil {
				return err
			}
		}
		if err := f.checkImage(ctx, t.Dir, p, s, tr); err != nil {
			return err
		}
	}
	return nil
}

// checkImage makes an image and looks at it.
func (f film) checkImage(ctx context.Context, dir string, p cut, s *scene, tr *harness.Trial) error {
	im := s.c.Image(p.random)
	fmt.Printf("image %d, cut after %d of %d operations, during %s, %v\n", p.number, p.at, len(f.Recording.Log), p.during,
		im.Way)
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		return err
	}
	if err := im.WriteTo(dir); err != nil {
		return err
	}
	v := &verification{hearsay: s.h, seed: f.Seed, dir: dir, random: p.random, trial: tr}
	if err := v.run(ctx); err != nil {
		return err
	}
	for what, holds := range map[string]bool{
		"images cut during " + p.during:                 true,
		"images " + im.Way.String():                     true,
		"images that lack something written":            im.Lost > 0,
		"images of Relaxed stores":                      relaxed(s.h.round),
		"images of stores without a log":                withoutLog(s.h.round),
		"images of stores that had lost power before":   f.Recording.Base.Names != nil && len(f.Before) > 0,
		"images after two recoveries that were cut off": s.cutOff > 1 || s.cutOff == 1 && s.recovering,
	} {
		if holds {
			tr.Note(what, 1)
		}
	}
	return os.RemoveAll(dir)
}

// hearsay is what workers, one after the other, have told until the power was cut.
type hearsay struct {
	rounds  map[int]*oracle.Told
	round   int
	began   int // where, in the log
	first   int // round since the power was cut before
	opened  bool
	backups map[string]uint64
}

// hearBefore hears what was told before the recording.
func hearBefore(f film) (*hearsay, error) {
	h := &hearsay{rounds: map[int]*oracle.Told{}, backups: map[string]uint64{}}
	for _, line := range f.Before {
		if err := h.hear(line); err != nil {
			return nil, err
		}
	}
	return h, nil
}

const (
	roundMark = "round %d"
	cutMark   = "cut" // the power was, and what was not durable then never will be
)

// hear takes in a mark.
func (h *hearsay) hear(mark string) error {
	mark = trimLine(mark)
	var round int
	if n, _ := fmt.Sscanf(mark, roundMark, &round); n == 1 {
		h.round = round
		h.rounds[round] = oracle.NewTold()
		h.rounds[round].Relaxed = relaxed(round)
		return nil
	}
	if mark == cutMark {
		h.first = h.round + 1
		return nil
	}
	t := h.rounds[h.round]
	if err := t.Hear(h.round, mark); err != nil {
		return err
	}
	if mark == "done open" { // nobody builds on what is not durable
		for n := h.first; n < h.round; n++ {
			if before := h.rounds[n]; before != nil {
				before.Settle()
			}
		}
	}
	h.opened = h.opened || t.Opened
	maps.Copy(h.backups, t.Backups)
	return nil
}

func trimLine(s string) string {
	if n := len(s); n > 0 && s[n-1] == '\n' {
		return s[:n-1]
	}
	return s
}

// compare compares the calls in the feed with those that returned, each with its round.
func (h *hearsay) compare(calls []oracle.Committed, drops int, tr *harness.Trial) error {
	byRound := map[int][]oracle.Committed{}
	for _, c := range calls {
		byRound[c.Tag.Round] = append(byRound[c.Tag.Round], c)
	}
	least, most := 0, 0
	scratch := &harness.Trial{Figures: map[string]int{}} // counts per image say nothing
	for n, t := range h.rounds {
		if err := t.Compare(n, byRound[n], t.Drops, scratch); err != nil {
			return err
		}
		least += t.KeptDrops(byRound[n])
		most += t.Drops + oracle.Callers
		delete(byRound, n)
	}
	for n := range byRound {
		return fmt.Errorf("calls of round %d are in the feed, which had not begun", n)
	}
	if drops < least || drops > most {
		return fmt.Errorf("lost: %d collections were deleted, the feed has %d", least, drops)
	}
	if scratch.Figures["calls that returned and may be lost"] > 0 {
		tr.Note("images that have lost what Relaxed had not synced", 1)
	}
	tr.Note("acknowledged calls looked for", scratch.Figures["calls that returned"])
	for _, what := range []string{oracle.UnknownWritten, oracle.UnknownNotWritten} {
		if n := scratch.Figures[what]; n > 0 {
			tr.Note(what, n)
		}
	}
	return nil
}
