package kuzzlite

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Several processes and one file.

// worked is what a child that opens a store and writes one document tells.
type worked struct {
	Error  string
	Locked bool
	Exists bool // the document "after" was there
}

func init() {
	// hold opens a store, says so, and keeps it until it is told to end.
	children["hold"] = func(arg string) any {
		var o holdOptions
		if err := json.Unmarshal([]byte(arg), &o); err != nil {
			return err.Error()
		}
		s, err := Open(o.Path, &Options{ReadOnly: o.ReadOnly, LockTimeout: o.Timeout})
		if err != nil {
			return err.Error()
		}
		fmt.Println("held")
		io.ReadAll(os.Stdin)
		if err := s.Close(); err != nil {
			return err.Error()
		}
		return ""
	}
	// work opens a store, creates a document there, and closes it.
	children["work"] = func(arg string) (w any) {
		var o holdOptions
		if err := json.Unmarshal([]byte(arg), &o); err != nil {
			return worked{Error: err.Error()}
		}
		s, err := Open(o.Path, &Options{AutoCreate: true, LockTimeout: o.Timeout})
		if err != nil {
			return worked{Error: err.Error(), Locked: errors.Is(err, ErrLocked)}
		}
		c := s.Collection("i", "c")
		exists, err := c.Exists(ctx, "after")
		if err == nil {
			_, err = c.Create(ctx, o.ID, raw(`{}`), nil)
		}
		if err = errors.Join(err, s.Close()); err != nil {
			return worked{Error: err.Error()}
		}
		return worked{Exists: exists}
	}
}

func init() {
	// turns opens a store again and again, and counts in it.
	children["turns"] = func(path string) any {
		for range turnsEach {
			s, err := Open(path, &Options{LockTimeout: patience})
			if err != nil {
				return err.Error()
			}
			_, err = s.Collection("i", "c").Mutate(ctx, "counter", increment, nil)
			if err := errors.Join(err, s.Close()); err != nil {
				return err.Error()
			}
		}
		return ""
	}
}

const turnsEach = 15

// Processes that take turns each find what the one before has written: the lock is let go when all of that is in the
// file, and the log is gone.
func TestProcessesTakeTurns(t *testing.T) {
	t.Parallel()
	f := newDiskFixture(t, nil)
	f.ok(f.s.Close())
	const processes = 3
	var wg sync.WaitGroup
	for range processes {
		wg.Go(func() {
			if told := inChild[string](t, "turns", f.path); told != "" {
				t.Error(told)
			}
		})
	}
	wg.Wait()
	f.s = f.reopened(nil)
	f.equal("counter", f.get("counter"), fmt.Sprintf(`v%d {"n":%[1]d}`, processes*turnsEach))
}

type holdOptions struct {
	Path     string
	ID       string
	ReadOnly bool
	Timeout  time.Duration
}

func (o holdOptions) arg() string {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// holding starts a child that has the store open. end has it close it.
func holding(t *testing.T, o holdOptions) (cmd *exec.Cmd, end func()) {
	t.Helper()
	cmd = childCommand("hold", o.arg())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if line != "held\n" {
		t.Errorf("child: %s %v", line, err)
	}
	end = sync.OnceFunc(func() {
		in.Close()
		if rest, _ := io.ReadAll(lines); string(rest) != `""` {
			t.Errorf("child: %s", rest)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(end)
	return cmd, end
}

func TestLockedByAnotherProcess(t *testing.T) {
	t.Parallel()
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	f.ok(f.s.Close())
	cmd, end := holding(t, holdOptions{Path: f.path})
	for _, readOnly := range []bool{false, true} {
		timeouts := []time.Duration{-1}
		if !readOnly {
			timeouts = append(timeouts, defaultLockTimeout+500*time.Millisecond)
		}
		for _, timeout := range timeouts {
			begun := time.Now()
			_, err := Open(f.path, &Options{ReadOnly: readOnly, LockTimeout: timeout})
			f.is("open", err, ErrLocked)
			if took := time.Since(begun); took < timeout || took > timeout+5*time.Second {
				t.Errorf("with a timeout of %v it took %v", timeout, took)
			}
			if want := fmt.Sprintf("process %d ", cmd.Process.Pid); runtime.GOOS == "linux" && !strings.Contains(err.Error(), want) {
				t.Errorf("%v: does not say %q", err, want)
			}
			if !strings.Contains(err.Error(), f.path) {
				t.Errorf("%v: does not name the file", err)
			}
		}
	}
	// Whoever waits gets it.
	opened := make(chan error)
	go func() {
		s, err := Open(f.path, &Options{LockTimeout: patience})
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	end()
	f.ok(<-opened)
}

func TestLockedByThisProcess(t *testing.T) {
	f := newDiskFixture(t, nil)
	before := openFiles(f.path)
	for range 3 {
		_, err := Open(f.path, &Options{LockTimeout: -1})
		f.is("open", err, ErrLocked)
		if runtime.GOOS == "linux" && !strings.Contains(err.Error(), "another Store in this process") {
			t.Errorf("%v: does not say who", err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	f.ok(os.Link(f.path, link))
	_, err := Open(link, &Options{LockTimeout: -1})
	f.is("open by another name", err, ErrLocked)
	if after := openFiles(f.path); after != before {
		t.Errorf("%d descriptors are open, there were %d", after, before)
	}
}

// The error says whether who has the store open writes or only reads: those who read keep each other company.
func TestLockedForWhat(t *testing.T) {
	f := newDiskFixture(t, nil)
	says := func(o Options, want string) {
		t.Helper()
		o.LockTimeout = -1
		_, err := Open(f.path, &o)
		f.is("open", err, ErrLocked)
		if runtime.GOOS == "linux" && !strings.HasSuffix(err.Error(), "this process, which has it open for "+want) {
			t.Errorf("it is open for %s, and the error is %v", want, err)
		}
	}
	says(Options{}, "writing")
	says(Options{ReadOnly: true}, "writing")
	f.ok(f.s.Close())
	for range 2 {
		s, err := Open(f.path, &Options{ReadOnly: true})
		f.ok(err)
		defer s.Close()
	}
	says(Options{}, "reading")
}

// A program that uses bbolt alone is noticed before anything is changed, and is kept out while a store is open.
func TestLockedByPlainBolt(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	if db, err := bolt.Open(f.path, 0o600, &bolt.Options{Timeout: time.Millisecond}); err == nil {
		t.Error("bbolt has opened an open store")
		f.ok(db.Close())
	}
	path := f.crashed()
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: true})
	f.ok(err)
	before := filesOf(t, path)
	for _, readOnly := range []bool{false, true} {
		_, err := Open(path, &Options{ReadOnly: readOnly, LockTimeout: -1})
		f.is("open", err, ErrLocked)
	}
	f.equal("files", filesOf(t, path), before)
	f.ok(db.Close())
	s, err := Open(path, nil)
	f.ok(err)
	f.ok(s.Close())
}

// Readers share a file with each other, with no writer, and leave it as it is; also one that was not closed.
func TestReadersShare(t *testing.T) {
	t.Parallel()
	for _, clean := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "test.db")
		if err := os.WriteFile(path, smallStore(t, clean), 0o400); err != nil {
			t.Fatal(err)
		}
		before := fingerprintOf(t, path)
		_, end := holding(t, holdOptions{Path: path, ReadOnly: true})
		o := readAny(path)
		if o.Error != "" || len(o.Problems)+len(o.Reads) > 0 || o.Documents != smallStoreDocuments {
			t.Errorf("clean %v: %+v", clean, o)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, &Options{LockTimeout: -1}); !errors.Is(err, ErrLocked) {
			t.Errorf("a writer beside a reader: %v", err)
		}
		if err := os.Chmod(path, 0o400); err != nil {
			t.Fatal(err)
		}
		end()
		if after := fingerprintOf(t, path); after != before {
			t.Errorf("clean %v: readers changed the file", clean)
		}
	}
}

// readAny is openAny for readers only.
func readAny(path string) (o finding) {
	s, err := Open(path, &Options{ReadOnly: true, LockTimeout: -1})
	if err != nil {
		o.refused(err)
		return o
	}
	report, err := s.Check(ctx)
	if o.read(err); err == nil {
		o.Problems = report.Problems
	}
	o.use(s)
	o.read(s.Close())
	return o
}

// Processes that create the same store at once end with one store: each has its write in it, or was told that it is
// locked.
func TestCreateAtOnce(t *testing.T) {
	t.Parallel()
	for round := range 6 {
		path := filepath.Join(t.TempDir(), "test.db")
		timeout := patience
		if round%2 == 1 {
			timeout = -1
		}
		results := make([]worked, 4)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() {
				results[i] = inChild[worked](t, "work", holdOptions{Path: path, ID: fmt.Sprint(i), Timeout: timeout}.arg())
			})
		}
		wg.Wait()
		f := &fixture{subject: subjects[1], t: t, path: path}
		f.s = f.reopened(nil)
		for i, r := range results {
			if r.Error != "" && (timeout > 0 || !r.Locked) {
				t.Errorf("process %d: %s", i, r.Error)
			}
			if got := f.get(fmt.Sprint(i)); (got == "v1 {}") != (r.Error == "") {
				t.Errorf("process %d: %q, its document is %s", i, r.Error, got)
			}
		}
		f.sound()
		f.ok(f.s.Close())
		f.noTemporaries()
	}
}

// A process that waits for the file while it is compacted ends up with the new file, or without any; never with the old
// one, whose lock is let go.
func TestCompactMeetsWaitingProcess(t *testing.T) {
	t.Parallel()
	f := newDiskFixture(t, &Options{AutoCreate: true})
	wait := func(timeout time.Duration, meanwhile func(), id string) worked {
		got := make(chan worked)
		go func() { got <- inChild[worked](t, "work", holdOptions{Path: f.path, ID: id, Timeout: timeout}.arg()) }()
		for {
			select {
			case w := <-got:
				return w
			default:
				meanwhile()
			}
		}
	}
	compact := func() {
		if f.s.usable() == nil {
			_, err := f.s.Compact(ctx)
			f.ok(err)
		}
	}
	if w := wait(200*time.Millisecond, compact, "never"); !w.Locked {
		t.Errorf("it got in while the store was open: %+v", w)
	}
	n := 0
	w := wait(patience, func() {
		if n++; n == 30 {
			f.put("after", `{}`)
			compact()
			f.ok(f.s.Close())
		}
		compact()
		yield()
	}, "waited")
	if w.Error != "" || !w.Exists {
		t.Errorf("it got the old file: %+v", w)
	}
	f.s = f.reopened(nil)
	f.equal("its document", f.get("waited"), "v1 {}")
	f.equal("its other document", f.get("never"), "none")
}
