// Package powercut looks at what a power cut may leave of a store.
package powercut

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/crashfs"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// Harness records what workers do to a file system, and looks at what a power cut at any moment may leave of it.
//
// A kill leaves all that was written; a power cut does not. So this finds what is acknowledged before it is synced, and
// what relies on writes, or names, to reach the disk in their order.
var Harness = harness.Harness{
	Name:    "powercuts",
	What:    "cut the power between any two writes: lose, or tear, any part of what was not synced",
	Unit:    "images",
	Full:    100_000,
	Few:     1000,
	Missing: crashfs.Ready,
	Run:     run,

	Tasks: map[string]harness.Task{"record": record, "images": checkImages},
}

const (
	filmImages   = 200   // of each film, at most
	awakeAfter   = 25000 // images: a call of unknown outcome that was written is in one film of forty
	powercutters = 2     // at once
)

func run(ctx context.Context, tr *harness.Trial) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p := &powercutter{tr: tr}
	var wg sync.WaitGroup
	for range powercutters {
		wg.Go(func() {
			for ctx.Err() == nil {
				s, ok := p.next()
				if !ok {
					return
				}
				if err := s.run(ctx); err != nil {
					cancel(fmt.Errorf("session %d: %w", s.number, err))
				}
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return p.awake()
}

// powercutter hands out sessions.
type powercutter struct {
	mu      sync.Mutex // guards the fields below
	tr      *harness.Trial
	number  int
	planned int
}

// session is the life of a store: up to three films, where each but the first begins with what a power cut has left of
// the one before.
type session struct {
	*powercutter
	number int
	dir    string
	random *rand.Rand
	images int // left to do
	round  int // the newest worker's

	pageSize int // of the store, in bytes
}

func (p *powercutter) next() (*session, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	images := min(2*filmImages, p.tr.Count-p.planned)
	if images <= 0 {
		return nil, false
	}
	p.number++
	p.planned += images
	random := rand.New(rand.NewPCG(p.tr.Seed, uint64(p.number)))
	return &session{
		powercutter: p, number: p.number, images: images,
		dir:    filepath.Join(p.tr.Dir, fmt.Sprintf("session-%d", p.number)),
		random: random,
		round:  random.IntN(60), // any options may be the first
	}, true
}

func (p *powercutter) note(what string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tr.Note(what, n)
}

// awake says what a long run has missed.
func (p *powercutter) awake() error {
	if p.tr.Done < awakeAfter {
		return nil
	}
	must := []string{
		"images that lack something written", "images of stores that had lost power before", "workers killed",
		"images of Relaxed stores", "images that have lost what Relaxed had not synced", "syncs waited for",
		"images of stores without a log", "files that bbolt's own check looked at", "images written to again", "backups",
		"stores of another page size", "checkpoints", "recoveries", "half applied files", "logs of 2 files",
		"logs of 3 files", "syncs that failed", oracle.UnknownWritten,
		oracle.UnknownNotWritten, "images opened for reading only",
		"images after two recoveries that were cut off",
	}
	for _, during := range duringAll {
		must = append(must, "images cut during "+during)
	}
	for _, what := range must {
		if p.tr.Figures[what] == 0 {
			return fmt.Errorf("the harness sleeps: there were no %s", what)
		}
	}
	return nil
}

func (s *session) run(ctx context.Context) error {
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return err
	}
	f := film{Seed: s.random.Uint64()}
	var err error
	if f.Recording.Base, err = s.base(); err != nil {
		return err
	}
	for n := 1; s.images > 0; n++ {
		path := filepath.Join(s.dir, fmt.Sprintf("film-%d", n))
		if f.Recording, err = s.record(ctx, f); err != nil {
			return errors.Join(err, f.save(path))
		}
		if err := f.save(path); err != nil {
			return err
		}
		s.note("checkpoints", checkpoints(f.Recording))
		images := min(s.images, filmImages/2+s.random.IntN(filmImages/2+1))
		if err := s.check(ctx, imagesTask{path, filepath.Join(s.dir, "image"), 0, images}); err != nil {
			return err
		}
		s.images -= images
		if f, err = s.sequel(f); err != nil {
			return err
		}
		s.note("films", 1)
	}
	return os.RemoveAll(s.dir)
}

// sequel cuts the power, every other time during a recovery, and returns the film that begins with what that leaves.
func (s *session) sequel(f film) (film, error) {
	moments, err := f.moments()
	if err != nil {
		return f, err
	}
	if s.random.IntN(2) == 0 {
		moments = recoveries(moments)
	}
	return f.sequel(f.cutNumber(int(s.random.Int32()), moments))
}

// base is what the first film of a session begins with: nothing, or an empty store of another machine's page size.
func (s *session) base() (d crashfs.Disk, err error) {
	s.pageSize = oracle.PageSize(s.random)
	if s.pageSize == 0 {
		s.pageSize = os.Getpagesize()
		return d, nil
	}
	b, err := oracle.Empty(s.pageSize)
	if err != nil {
		return d, err
	}
	s.note("stores of another page size", 1)
	d.Files = map[int]*crashfs.File{2: {Data: b, Size: int64(len(b))}}
	d.Names = map[string]int{oracle.StoreName: 2}
	return d, nil
}

// record has some workers, one after the other, work on a disk.
func (s *session) record(ctx context.Context, f film) (rec crashfs.Recording, err error) {
	dir := filepath.Join(s.dir, "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return rec, err
	}
	fsys, err := crashfs.Mount(dir, f.Recording.Base)
	if err != nil {
		return rec, err
	}
	defer func() {
		last, unmountErr := fsys.Unmount()
		rec, err = last, errors.Join(err, unmountErr, os.Remove(dir))
	}()
	for range 1 + s.random.IntN(3) {
		s.round++
		fsys.Mark(fmt.Sprintf(roundMark, s.round))
		if err := s.worker(ctx, fsys, oracle.WorkTask{Seed: f.Seed, Round: s.round, Dir: dir}); err != nil {
			return rec, err
		}
	}
	return rec, nil
}

// checkpoints is how many the workers of a recording have told of.
func checkpoints(rec crashfs.Recording) (all int) {
	for _, op := range rec.Log {
		if op.Kind == crashfs.Mark {
			n := 0
			_, _ = fmt.Sscanf(op.Name, "checkpoints %d", &n)
			all += n
		}
	}
	return all
}

// worker runs a worker to its end, or to an operation in the middle of which it is killed: what it has written is then
// in the memory of the system, where the next worker finds it.
func (s *session) worker(ctx context.Context, fsys *crashfs.FS, w oracle.WorkTask) error {
	fails := s.failSyncs(fsys, w.Round)
	defer fsys.FailSyncs(nil, nil)
	cmd, err := harness.Child("record", recordTask{w, fails})
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	answers, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	started := make(chan struct{})
	kill := func() {
		<-started
		_ = cmd.Process.Kill()
	}
	failed, killed := "", false
	last := s.lastOp(fsys.File(oracle.StoreName))
	waits, late := 0, make(chan struct{}, 1)
	answer := func() {
		waits++
		_, _ = fmt.Fprintln(answers)
	}
	giveUp := func() {
		late <- struct{}{}
		kill()
	}
	watch := newSyncWatch(fsys.Names())
	defer watch.stop()
	fsys.OnOp(func(op crashfs.Op) {
		watch.see(op, answer, giveUp)
		if op.Kind == crashfs.Mark && strings.HasPrefix(op.Name, "fail ") {
			failed = op.Name
		}
		if !killed && last(op) {
			killed = true
			kill()
		}
	})
	if err := cmd.Start(); err != nil { // once its operations are seen, from the first one on
		fsys.OnOp(nil)
		return err
	}
	close(started)
	defer context.AfterFunc(ctx, kill)()
	watchdog := time.AfterFunc(harness.Silence, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) })
	defer watchdog.Stop()
	err = cmd.Wait()
	fsys.OnOp(nil)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case len(late) > 0:
		return fmt.Errorf("round %d: what was written was not synced for %v, with a SyncInterval of 3 ms", w.Round, patience)
	case failed != "" || err != nil && !killed:
		return fmt.Errorf("round %d: %s%w\n%s", w.Round, failed, err, stderr.String())
	case killed:
		s.note("workers killed", 1)
	}
	if waits > 0 {
		s.note("syncs waited for", waits)
	}
	return nil
}

// failSyncs has a sync of some workers fail, and says so. Not of those of Relaxed, which wait for syncs.
func (s *session) failSyncs(fsys *crashfs.FS, round int) bool {
	if relaxed(round) || s.random.IntN(4) > 0 {
		return false
	}
	n := s.random.IntN(25)
	fsys.FailSyncs(rand.New(rand.NewPCG(s.random.Uint64(), 0)), func(crashfs.Op) bool {
		n--
		if n == -1 {
			s.note("syncs that failed", 1)
		}
		return n == -1
	})
	return true
}

// lastOp decides which operation is a worker's last: every other one may go on to its end.
func (s *session) lastOp(store int) func(crashfs.Op) bool {
	after := func(n int, kind func(crashfs.Op) bool) func(crashfs.Op) bool {
		return func(op crashfs.Op) bool {
			if kind(op) {
				n--
			}
			return n < 0
		}
	}
	ofKind := func(k crashfs.Kind) func(crashfs.Op) bool {
		return func(op crashfs.Op) bool { return op.Kind == k }
	}
	metaPages := int64(2 * s.pageSize) // a commit that is written, and not synced
	r := s.random
	switch r.IntN(10) {
	case 0:
		return after(0, ofKind(crashfs.Link))
	case 1:
		return after(0, ofKind(crashfs.Rename))
	case 2, 3:
		return after(r.IntN(12), func(op crashfs.Op) bool { return op.Kind == crashfs.Write && op.Offset < metaPages })
	case 4:
		return after(r.IntN(200), func(crashfs.Op) bool { return true })
	case 5: // if the worker before was killed, during a recovery
		return after(r.IntN(20), func(op crashfs.Op) bool { return op.Kind == crashfs.Write && op.File == store })
	}
	return func(crashfs.Op) bool { return false }
}

// check has a child look at images, and says which one it was if something is wrong.
func (s *session) check(ctx context.Context, t imagesTask) error {
	cmd, err := harness.Child("images", t)
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	watchdog := time.AfterFunc(harness.Silence, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) })
	defer watchdog.Stop()
	line, images := "", 0
	in := bufio.NewScanner(out)
	for in.Scan() {
		watchdog.Reset(harness.Silence)
		if line = in.Text(); strings.HasPrefix(line, "image ") {
			images++
		}
	}
	err = cmd.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s: %s(%w)\nthe same images again: %s", line, stderr.String(), err, again(t, line))
	}
	figures := map[string]int{}
	if err := json.Unmarshal([]byte(line), &figures); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tr.Done += images
	for what, n := range figures {
		s.tr.Note(what, n)
	}
	return nil
}

// again is a command that looks at the image of a line once more: threads make a recording different each time, so a
// seed would not do.
func again(t imagesTask, line string) string {
	if n, _ := fmt.Sscanf(line, "image %d,", &t.From); n == 1 {
		t.To = t.From + 1
	}
	raw, _ := json.Marshal(t)
	env, _ := json.Marshal(harness.Errand{Name: "images", Arg: raw})
	return fmt.Sprintf("%s='%s' go run .", harness.ChildEnvironment, env)
}
