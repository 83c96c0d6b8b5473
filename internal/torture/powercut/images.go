package powercut

import (
	"bufio"
	"bytes"
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
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
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
	"creation", "open", "commits", duringRelaxed, "growth", "a checkpoint", "backup", "compaction", "a swap", "close",
	"what follows a kill",
}

func (h *hearsay) during(c *crashfs.Cutter) string {
	doing := h.rounds[h.round].Doing
	switch {
	case c.Unsynced(oracle.StoreName, h.began):
		return "what follows a kill"
	case c.Renamed():
		return "a swap"
	case !h.opened:
		return "creation"
	case c.Pending(oracle.StoreName+oracle.LogSuffix, isHead):
		return "a checkpoint"
	case relaxed(h.round) && c.Pending(oracle.StoreName+oracle.LogSuffix, isRecord):
		return duringRelaxed
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

// isHead says whether an operation on a log writes one of its heads.
func isHead(op crashfs.Op) bool { return op.Kind == crashfs.Write && op.Offset < 8192 }

// isRecord says whether it writes a record, and not zeros to make room for some.
func isRecord(op crashfs.Op) bool {
	return op.Kind == crashfs.Write && op.Offset >= 8192 && bytes.ContainsFunc(op.Data, func(r rune) bool { return r != 0 })
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
func (f film) checkImage(
	ctx context.Context, dir string, p cut, c *crashfs.Cutter, h *hearsay, tr *harness.Trial,
) error {
	im := c.Image(p.random)
	fmt.Printf("image %d, cut after %d of %d operations, during %s, %v\n", p.number, p.at, len(f.Recording.Log), p.during,
		im.Way)
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		return err
	}
	if err := im.WriteTo(dir); err != nil {
		return err
	}
	if err := h.verify(ctx, dir, oracle.NewModel(f.Seed), p.random, tr); err != nil {
		return err
	}
	tr.Note("images cut during "+p.during, 1)
	tr.Note("images "+im.Way.String(), 1)
	if im.Lost > 0 {
		tr.Note("images that lack something written", 1)
	}
	if relaxed(h.round) {
		tr.Note("images of Relaxed stores", 1)
	}
	if oracle.Options(h.round).Log == kuzzlite.LogOff {
		tr.Note("images of stores without a log", 1)
	}
	if f.Recording.Base.Names != nil {
		tr.Note("images of stores that had lost power before", 1)
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

// verify opens what the power cut has left, and compares it with what was told.
func (h *hearsay) verify(ctx context.Context, dir string, m *oracle.Model, r *rand.Rand, tr *harness.Trial) error {
	path := filepath.Join(dir, oracle.StoreName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !h.opened {
		tr.Note("images from before there was a store", 1)
		return nil
	}
	o := oracle.Options(1)
	if o.ReadOnly = r.IntN(4) == 0; o.ReadOnly {
		tr.Note("images opened for reading only", 1)
	}
	s, err := kuzzlite.Open(path, o)
	if errors.Is(err, kuzzlite.ErrNeedsRecovery) {
		o.ReadOnly = false
		tr.Note("images that had to be recovered before they could be read", 1)
		s, err = kuzzlite.Open(path, o)
	}
	if err != nil {
		return err
	}
	defer s.Close()
	if err := errors.Join(oracle.NoteRecovery(ctx, s, tr), oracle.Sound(ctx, s)); err != nil {
		return err
	}
	changes, err := oracle.ReadFeed(ctx, s, 0)
	if err != nil {
		return err
	}
	calls, drops, err := m.Replay(changes)
	if err != nil {
		return err
	}
	if err := errors.Join(h.compare(calls, drops, tr), m.Compare(ctx, s)); err != nil {
		return err
	}
	if !o.ReadOnly && r.IntN(4) == 0 {
		if err := goOn(ctx, s, m.Seed, tr); err != nil {
			return fmt.Errorf("written to again: %w", err)
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	if err := plainSound(path, tr); err != nil {
		return fmt.Errorf("bbolt's own check: %w", err)
	}
	return m.VerifyBackups(ctx, dir, &oracle.Told{Relaxed: true, Backups: maps.Clone(h.backups)}, tr)
}

// goOn writes to a store that has come through, which must be sound after that too.
func goOn(ctx context.Context, s *kuzzlite.Store, seed uint64, tr *harness.Trial) error {
	const afterAll = 1000 // a round that no worker had
	for n := range 3 {
		if _, _, err := oracle.NewCall(seed, oracle.Tag{Round: afterAll, Caller: 0, N: n}).Run(s); err != nil {
			return err
		}
	}
	tr.Note("images written to again", 1)
	return oracle.Sound(ctx, s)
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
	return nil
}
