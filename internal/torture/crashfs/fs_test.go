package crashfs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// The file system is used by programs in other processes, which are this test's binary again: see FS.

const programEnvironment = "CRASHFS_PROGRAM"

func TestMain(m *testing.M) {
	if name, dir, ok := strings.Cut(os.Getenv(programEnvironment), " in "); ok {
		if err := goTo(dir, programs[name]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func goTo(dir string, program func() error) error {
	if err := os.Chdir(dir); err != nil {
		return err
	}
	return program()
}

// programs run in the mounted directory.
var programs = map[string]func() error{
	"map": mapped,
	"names": func() error {
		if err := os.WriteFile("a", []byte("old"), 0o600); err != nil {
			return err
		}
		err := errors.Join(os.Link("a", "b"), os.Rename("b", "c"), os.Remove("a"))
		if !errors.Is(os.Link("c", "c"), fs.ErrExist) || !errors.Is(os.Remove("b"), fs.ErrNotExist) {
			return errors.New("a name was given twice, or removed when it was not there")
		}
		list, listErr := os.ReadDir(".")
		if len(list) != 1 || list[0].Name() != "c" {
			return fmt.Errorf("there is %v", list)
		}
		b, readErr := os.ReadFile("c")
		return errors.Join(err, listErr, readErr, expect(string(b), "old"))
	},
	"log": func() error {
		f, err := os.Create("f")
		if err != nil {
			return err
		}
		_, writeErr := f.WriteAt([]byte("xyz"), 5)
		return errors.Join(writeErr, syscall.Fdatasync(int(f.Fd())), mark("acknowledged"), f.Truncate(20), f.Sync(),
			os.Rename("f", "g"), syncHere(), f.Close())
	},
	"careful":         func() error { return publish(true, true) },
	"forgets file":    func() error { return publish(false, true) },
	"forgets its dir": func() error { return publish(true, false) },
}

func expect(got, want string) error {
	if got != want {
		return fmt.Errorf("read %q, not %q", got, want)
	}
	return nil
}

// mapped reads through a map what is written to the file, before and after it was first looked at.
func mapped() error {
	f, err := os.Create("f")
	if err != nil {
		return err
	}
	if _, err := f.Write(bytes.Repeat([]byte("a"), 10_000)); err != nil {
		return err
	}
	m, err := syscall.Mmap(int(f.Fd()), 0, 1<<20, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	defer syscall.Munmap(m)
	err = expect(string(m[9_998:10_002]), "aa\x00\x00")
	for _, s := range []string{"bb", "cc"} {
		if _, err := f.WriteAt([]byte(s), 9_000); err != nil {
			return err
		}
		err = errors.Join(err, expect(string(m[8_999:9_003]), "a"+s+"a"))
	}
	if err := f.Truncate(100_000); err != nil {
		return err
	}
	_, writeErr := f.WriteAt([]byte("d"), 50_000)
	return errors.Join(err, writeErr, expect(string(m[50_000:50_001]), "d"), expect(string(m[99_999:100_000]), "\x00"))
}

func mark(s string) error {
	f, err := os.OpenFile(MarkName, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(s)
	return errors.Join(err, f.Close())
}

func syncHere() error {
	d, err := os.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// publish writes a file under a temporary name, gives it its own, and says so.
func publish(syncFile, syncDir bool) error {
	f, err := os.Create("tmp")
	if err != nil {
		return err
	}
	_, err = f.WriteString("content")
	if syncFile {
		err = errors.Join(err, f.Sync())
	}
	err = errors.Join(err, f.Close(), os.Rename("tmp", "f"))
	if syncDir {
		err = errors.Join(err, syncHere())
	}
	return errors.Join(err, mark("acknowledged"))
}

// mounted mounts an empty file system for as long as the test runs.
func mounted(t *testing.T) (f *FS, dir string) {
	if err := Ready(); err != nil {
		t.Skip("file systems cannot be mounted here:", err)
	}
	dir = filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := Mount(dir, Disk{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = f.Unmount() }) // again, if all went well
	return f, dir
}

// program is a process that will run a program. It goes to the directory by itself: while a process is being started,
// the one that starts it stands still, and the file system with it.
func program(t *testing.T, name, dir string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), programEnvironment+"="+name+" in "+dir)
	return cmd
}

// recorded returns what a program did.
func recorded(t *testing.T, name string) Recording {
	f, dir := mounted(t)
	cmd := program(t, name, dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	rec, err := f.Unmount()
	if err != nil {
		t.Fatal(err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		t.Errorf("after it was unmounted there is %v, %v", list, err)
	}
	return rec
}

func TestMappedFiles(t *testing.T) { recorded(t, "map") }

func TestNames(t *testing.T) {
	rec := recorded(t, "names")
	var kinds []Kind
	for _, op := range rec.Log {
		kinds = append(kinds, op.Kind)
	}
	if want := []Kind{Create, Write, Link, Rename, Unlink}; !slices.Equal(kinds, want) {
		t.Errorf("the log has %v, not %v", kinds, want)
	}
}

func TestLogIsInOrder(t *testing.T) {
	want := []Op{
		{Kind: Create, File: 2, Name: "f"},
		{Kind: Write, File: 2, Offset: 5, Data: []byte("xyz")},
		{Kind: DataSync, File: 2},
		{Kind: Mark, Name: "acknowledged"},
		{Kind: Truncate, File: 2, Offset: 20},
		{Kind: Sync, File: 2},
		{Kind: Rename, File: 2, Name: "f", To: "g"},
		{Kind: SyncDir},
	}
	if got := recorded(t, "log").Log; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, not %v", got, want)
	}
}

// Whoever syncs file and directory loses nothing that was acknowledged; whoever forgets one does, in some image.
func TestForgottenSyncs(t *testing.T) {
	for _, tt := range []struct {
		program string
		loses   string // "" if nothing
	}{
		{"careful", ""}, {"forgets file", "content"}, {"forgets its dir", "name"},
	} {
		t.Run(tt.program, func(t *testing.T) {
			rec := recorded(t, tt.program)
			c := NewCutter(rec)
			c.MoveTo(len(rec.Log))
			lost := map[string]bool{}
			for n := range 1000 {
				f, ok := c.Image(rand.New(rand.NewPCG(5, uint64(n)))).Files["f"]
				switch {
				case !ok:
					lost["name"] = true
				case string(f.read(0, 100)) != "content":
					lost["content"] = true
				}
			}
			if tt.loses == "" && len(lost) > 0 || tt.loses != "" && (!lost[tt.loses] || len(lost) > 1) {
				t.Errorf("%v was lost, not %q", slices.Collect(maps.Keys(lost)), tt.loses)
			}
		})
	}
}

// A hook comes before the program that asked for the operation goes on.
func TestOnOp(t *testing.T) {
	f, dir := mounted(t)
	cmd := program(t, "log", dir)
	started := make(chan struct{})
	f.OnOp(func(op Op) {
		if <-started; op.Kind == DataSync {
			_ = cmd.Process.Kill()
		}
	})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatal(err)
	}
	f.OnOp(nil)
	rec, err := f.Unmount()
	if err != nil || rec.Log[len(rec.Log)-1].Kind != DataSync {
		t.Errorf("%v, %v", rec.Log, err)
	}
}
