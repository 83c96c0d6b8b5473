package script

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// What a script told, and whether it may be true.

// told is what a script told.
type told struct {
	steps   map[int]*stepHeard
	last    int // step begun
	errors  []*stepHeard
	backups []uint64 // the sequence that each attempt at the backup must have
	ended   bool

	figures []string
}

// underWay is what becomes of calls that did not return.
const underWay = "calls under way that were committed"

// stepHeard is what a script told of a step.
type stepHeard struct {
	n       int
	what    string
	acked   bool
	changes int
	last    uint64 // sequence
	class   string // of its error
	text    string
}

func hear(out string) (*told, error) {
	h := &told{steps: map[int]*stepHeard{}, last: -1}
	for line := range strings.Lines(out) {
		line, whole := strings.CutSuffix(line, "\n")
		if !whole {
			break // a line in part was not told
		}
		if err := h.hear(line); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *told) hear(line string) (err error) {
	verb, rest, _ := strings.Cut(line, " ")
	s := &stepHeard{}
	switch verb {
	case "begin":
		_, err = fmt.Sscan(rest, &s.n, &s.what)
		h.steps[s.n], h.last = s, s.n
	case "ack":
		s = h.steps[h.last]
		_, err = fmt.Sscan(rest, &s.n, &s.changes, &s.last)
		s.acked = true
	case "err":
		s = h.steps[h.last]
		_, err = fmt.Sscan(rest, &s.n, &s.class)
		s.text = rest
		h.errors = append(h.errors, s)
	case "backup":
		var sequence uint64
		_, err = fmt.Sscan(rest, &s.n, &sequence)
		h.backups = append(h.backups, sequence)
	case "end":
		h.ended = true
	default:
		return fmt.Errorf("script: %s", line)
	}
	return err
}

// optional says whether a store may do without a call, so that its failure need not be told: a file that it need not
// remove; and a new file of the log, as long as the one in use has room.
func (p point) optional() bool {
	begins := p.name == "openat" || p.name == "fsync" || p.name == "ftruncate" && strings.Contains(p.args, ", 8192)") ||
		p.name == "pwrite64" && strings.Contains(p.args, ", 8192, 0)")
	names := p.name == "fsync" && !strings.Contains(p.args, oracle.StoreName)
	return p.name == "unlinkat" || p.inCheckpoint() && (p.ofLog() && begins || names)
}

// inCheckpoint says whether the point may be in a checkpoint, or in what leads to one: calls that write make them,
// and so does Compact, before anything else.
func (p point) inCheckpoint() bool {
	return p.inCall() || p.hasLog() && group(steps[p.step]) == "compact" && !p.late && !p.ofCopy()
}

func (p point) inCall() bool { return p.step >= 0 && group(steps[p.step]) == "call" }

// hasLog says whether the store of the point's step has a log.
func (p point) hasLog() bool { return p.step >= 0 && p.step < slices.Index(steps, "restore") }

// judge compares the errors with what was done to the script.
func (h *told) judge(p point) error {
	if p.fault == killed {
		if h.ended || len(h.errors) > 0 {
			return fmt.Errorf("it was not killed, or met errors before")
		}
		return nil
	}
	switch {
	case !h.ended:
		return errors.New("it did not come to its end")
	case len(h.errors) == 0 && p.meta:
		return errors.New("a commit was tried again though its meta page was written")
	case len(h.errors) == 0 && (p.optional() || p.fault == nospace && p.inCheckpoint()):
		return nil // for the second: there was room when it was tried again
	case len(h.errors) == 0:
		return errors.New("false acknowledgement: no step says that a call failed")
	case len(h.errors) > 1:
		return fmt.Errorf("one call failed, %d steps say so", len(h.errors))
	}
	e := h.errors[0]
	switch {
	case e.n != h.toTell(p):
		return fmt.Errorf("a call failed in step %d, step %d says so", p.step, e.n)
	case !strings.Contains(e.text, texts[p.fault]):
		return fmt.Errorf("the error does not say %q: %s", texts[p.fault], e.text)
	case e.class == fullError && p.fault != nospace:
		return fmt.Errorf("the disk is not full: %s", e.text)
	case p.inCall():
		return e.judgeCall(p)
	}
	return nil
}

// toTell is the step that has to tell of a failure: a call that writes nothing need not know that a checkpoint in its
// turn has failed, and the next one must.
func (h *told) toTell(p point) int {
	step := p.step
	for s := h.steps[step]; p.inCall() && s != nil && s.acked && s.changes == 0; s = h.steps[step] {
		step++
	}
	return step
}

// judgeCall judges the error of a call that writes.
func (e *stepHeard) judgeCall(p point) error {
	aboutLog := p.ofLog() || !p.hasLog()
	switch {
	case e.class == unknownError && !aboutLog:
		return fmt.Errorf("nothing of the call can have been written: %s", e.text)
	case e.class == failedError && p.ofLog() && p.name != "fdatasync": // of a new file, which a checkpoint must have
		return fmt.Errorf("the store could go on: %s", e.text)
	case e.class == otherError && !strings.Contains(e.text, "nothing was written: "):
		return fmt.Errorf("nobody knows from that what was written: %s", e.text)
	case p.fault == nospace && !p.ofLog() && (p.name == "pwrite64" || p.name == "ftruncate") && e.class != fullError:
		return fmt.Errorf("the disk was full before anything was written: %s", e.text)
	}
	return nil
}

// tidy looks for what should not be in the directory.
func (h *told) tidy(p point, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == oracle.StoreName || name == restoredName || name == backupName:
		case strings.HasPrefix(name, ".kuzzlite-") && (p.fault == killed || p.name == "unlinkat"):
			h.figures = append(h.figures, "temporary files left")
		default:
			return fmt.Errorf("left behind: %s", name)
		}
	}
	return nil
}

// verify compares the files that a script left with what it told.
func (h *told) verify(ctx context.Context, s task) error {
	m := oracle.NewModel(s.Seed)
	if err := h.verifyStore(ctx, s, oracle.StoreName, storeCaller, m); err != nil {
		return err
	}
	if err := h.verifyBackup(ctx, s, m); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := h.verifyStore(ctx, s, restoredName, restoredCaller, oracle.NewModel(s.Seed)); err != nil {
		return fmt.Errorf("restored: %w", err)
	}
	return nil
}

// verifyStore verifies a store, as it was left, of which it looks at a copy, and once it was written to again.
func (h *told) verifyStore(ctx context.Context, s task, name string, caller int, m *oracle.Model) error {
	path := filepath.Join(s.Dir, name)
	opening := "open"
	if caller == restoredCaller {
		opening = "restore"
	}
	if !h.opened(opening) {
		if _, err := os.Stat(path); err != nil || opening == "restore" {
			return nil // killed before there was a store, or while the backup was copied
		}
	}
	if err := h.look(path, filepath.Dir(s.Dir)); err != nil {
		return err
	}
	copied, err := oracle.CopyStore(path, filepath.Dir(s.Dir))
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Dir(copied))
	compare := func(store *kuzzlite.Store) error { return h.compare(ctx, store, caller, m) }
	if err := within(copied, options(name), compare); err != nil {
		return err
	}
	return within(path, options(name), func(store *kuzzlite.Store) error { return goesOn(ctx, store) })
}

// look has bbolt look at a file as it was left.
func (h *told) look(path, scratch string) error {
	tr := &harness.Trial{Figures: map[string]int{}}
	_, err := oracle.Look(path, scratch, tr)
	for what, n := range tr.Figures {
		h.figures = append(h.figures, slices.Repeat([]string{what}, n)...)
	}
	return err
}

// within opens a store for fn, and closes it: it must be one file then.
func within(path string, o *kuzzlite.Options, fn func(*kuzzlite.Store) error) error {
	store, err := kuzzlite.Open(path, o)
	if err != nil {
		return err
	}
	return errors.Join(fn(store), store.Close(), oracle.NoLogs(path))
}

// opened says whether a step of that name has returned, or was followed by others.
func (h *told) opened(what string) bool {
	n := slices.Index(steps, what)
	return h.last > n || h.last == n && h.steps[n].acked
}

// goesOn writes to a store that was left.
func goesOn(ctx context.Context, s *kuzzlite.Store) error {
	c := s.Collection("after", "all")
	if _, err := c.Upsert(ctx, "d", oracle.Document{"k": "1"}.JSON(), nil, nil); err != nil {
		return err
	}
	if _, err := c.Get(ctx, "d"); err != nil {
		return err
	}
	return oracle.Sound(ctx, s)
}

// compare compares a store with what was told of the calls of a caller.
func (h *told) compare(ctx context.Context, s *kuzzlite.Store, caller int, m *oracle.Model) error {
	if err := oracle.Sound(ctx, s); err != nil {
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
	inFeed := map[int]oracle.Committed{}
	for _, c := range calls {
		switch {
		case c.Tag.Caller == caller:
			n := c.Tag.N / 1000
			if _, twice := inFeed[n]; twice {
				return fmt.Errorf("step %d is in the feed twice", n)
			}
			inFeed[n] = c
		case c.Tag.Caller != storeCaller: // of which a restored store has those of the backup
			return fmt.Errorf("call %v was refused, the feed has it", c.Tag)
		}
	}
	restored := slices.Index(steps, "restore")
	for n, what := range steps {
		c, ok := inFeed[n]
		mine := group(what) == "call" && (n > restored) == (caller == restoredCaller)
		if ok || mine {
			if err := h.compareCall(n, what, c, ok, drops); err != nil {
				return err
			}
		}
	}
	return m.Compare(ctx, s)
}

// compareCall compares a call with the feed, if it has the call.
func (h *told) compareCall(n int, what string, c oracle.Committed, there bool, drops int) error {
	s := h.steps[n]
	if what == string(oracle.Drop) {
		there = drops > 0
	}
	switch {
	case s == nil && there:
		return fmt.Errorf("step %d, %s, had not begun, the feed has it", n, what)
	case s == nil:
	case s.acked && s.changes != 0 && !there:
		return fmt.Errorf("lost: step %d, %s, was acknowledged, the feed does not have it", n, what)
	case s.acked && what != string(oracle.Drop) && there &&
		(s.changes != c.Changes || s.last != c.Last && s.last != 0):
		return fmt.Errorf("step %d, %s, returned %d changes up to sequence %d, the feed has %d up to %d",
			n, what, s.changes, s.last, c.Changes, c.Last)
	case s.class != "" && s.class != unknownError && there:
		return fmt.Errorf("false failure: the feed has step %d, %s, which returned %s", n, what, s.text)
	case s.class == unknownError && there:
		h.figures = append(h.figures, oracle.UnknownWritten)
	case s.class == unknownError:
		h.figures = append(h.figures, oracle.UnknownNotWritten)
	case !s.acked && s.class == "" && there:
		h.figures = append(h.figures, underWay)
	}
	return nil
}

// verifyBackup verifies the backup, if there is one, and if there must be.
func (h *told) verifyBackup(ctx context.Context, s task, m *oracle.Model) error {
	n := slices.Index(steps, "backup")
	path := filepath.Join(s.Dir, backupName)
	if _, err := os.Stat(path); err != nil {
		if h.last > n || h.last == n && h.steps[n].acked {
			return fmt.Errorf("lost: %w", err)
		}
		return nil
	}
	if len(h.backups) == 0 {
		return errors.New("it is there, and was not begun")
	}
	backup, err := kuzzlite.Open(path, &kuzzlite.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	sequence := backup.Sequence()
	if err := backup.Close(); err != nil {
		return err
	}
	if !slices.Contains(h.backups, sequence) {
		return fmt.Errorf("it has sequence %d, not one of %d", sequence, h.backups)
	}
	return m.VerifyBackup(ctx, path, sequence)
}
