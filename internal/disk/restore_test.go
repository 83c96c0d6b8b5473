package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// someBackup is a backup that is open for reading, and what it has.
func someBackup(t testing.TB) (e *Engine, want string) {
	t.Helper()
	e = open(t, newPath(t))
	put(t, e, "of", "the backup")
	path := newPath(t)
	ok(t, backupTo(e, path))
	ok(t, e.Close())
	e = open(t, path, func(o *Options) { o.ReadOnly = true })
	return e, state(t, e)
}

// closedStore is the file of a store that was closed, and what it has.
func closedStore(t testing.TB) (m image, want string) {
	t.Helper()
	e := open(t, newPath(t))
	put(t, e, "of", "the old store")
	want = state(t, e)
	ok(t, e.Close())
	return imageOf(t, e.Path()), want
}

// copyDirectory copies the directory of a store, as a crash would leave it: what has two names has two in the copy.
func copyDirectory(t testing.TB, path string) (to string) {
	t.Helper()
	to = newPath(t)
	names := files(t, path)
	if exists(path) {
		names = append(names, filepath.Base(path))
	}
	var copied []string
	for _, name := range names {
		from, in := filepath.Join(filepath.Dir(path), name), filepath.Join(filepath.Dir(to), name)
		info, err := os.Stat(from)
		ok(t, err)
		linked := false
		for _, other := range copied {
			if same, err := os.Stat(filepath.Join(filepath.Dir(path), other)); err == nil && os.SameFile(info, same) {
				ok(t, os.Link(filepath.Join(filepath.Dir(to), other), in))
				linked = true
				break
			}
		}
		if !linked {
			b, err := os.ReadFile(from)
			ok(t, err)
			ok(t, os.WriteFile(in, b, 0o600))
		}
		copied = append(copied, name)
	}
	return to
}

// restore puts a backup in the place of a store, and copies what a crash would leave at the moments on the way.
func restore(t testing.TB, path string, from *Engine, discard bool) (kept string, moments []string) {
	t.Helper()
	snap := func() { moments = append(moments, copyDirectory(t, path)) }
	at(t, &afterKeeping, snap)
	at(t, &afterReplacing, func() {
		if _, err := Open(path, options(func(o *Options) { o.LockTimeout = -1 })); !errors.Is(err, ErrLocked) {
			t.Errorf("the new store can be opened beside the old log: %v", err)
		}
		snap()
	})
	r, err := BeginRestore(path, RestoreOptions{DiscardOld: discard})
	ok(t, err)
	kept, err = r.Put(ctx, from)
	ok(t, err)
	ok(t, r.Close())
	afterKeeping.Store(nil)
	afterReplacing.Store(nil)
	if len(moments) != 2 {
		t.Fatalf("%d moments instead of 2", len(moments))
	}
	return kept, moments
}

// opensAs opens a store, which must have what is wanted, and be good for more, killed as well.
func opensAs(t testing.TB, what, path, want string) {
	t.Helper()
	e, err := Open(path, options())
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	equal(t, what, state(t, e), want)
	put(t, e, "more", "1")
	killed := copyAsKilled(t, e)
	ok(t, e.Close())
	sound(t, path)
	e = open(t, killed)
	if got := get(t, e, "more"); got != "1" {
		t.Errorf("%s: what was written before a crash is %q", what, got)
	}
	ok(t, e.Close())
}

// beside fails the test unless these files are beside a store.
func beside(t testing.TB, what, path string, want ...string) {
	t.Helper()
	for i := range want {
		want[i] = filepath.Base(want[i])
	}
	if got := files(t, path); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s: beside the store there are %v, want %v", what, got, want)
	}
}

// At every moment there is the old store with its log, or the new one, whatever the old one was like; and where the old
// one is kept it is as it was.
func TestRestoreAtEveryMoment(t *testing.T) {
	backup, restored := someBackup(t)
	closed, ofClosed := closedStore(t)
	killed, ofKilled := twoGenerations(t, 3)
	for _, c := range []struct {
		name string
		old  image
		want string
	}{{"closed", closed, ofClosed}, {"killed", killed, ofKilled}} {
		for _, discard := range []bool{false, true} {
			path := c.old.write(t)
			kept, moments := restore(t, path, backup, discard)
			if (kept == "") != discard {
				t.Errorf("%s: kept as %q", c.name, kept)
			}
			if discard {
				beside(t, c.name, path)
			} else {
				c.old.at(t, kept)
			}
			opensAs(t, c.name+", before", moments[0], c.want)
			beside(t, c.name+", before", moments[0])
			opensAs(t, c.name+", after", moments[1], restored)
			opensAs(t, c.name+", at the end", path, restored)
			if discard {
				beside(t, c.name+", after", moments[1])
				beside(t, c.name+", at the end", path)
				continue
			}
			keptThen := filepath.Join(filepath.Dir(moments[1]), filepath.Base(kept))
			c.old.at(t, keptThen)
			opensAs(t, c.name+", kept", kept, c.want)
			opensAs(t, c.name+", kept after a crash", keptThen, c.want)
			beside(t, c.name+", with what is kept", path, kept)
		}
	}
}

// at fails the test unless the store at path is that of the image.
func (m image) at(t testing.TB, path string) {
	t.Helper()
	now := imageOf(t, path)
	for _, suffix := range suffixes {
		if string(now[suffix]) != string(m[suffix]) {
			t.Errorf("%s%s: %d bytes instead of %d", path, suffix, len(now[suffix]), len(m[suffix]))
		}
	}
}

// What no Open takes is replaced all the same, and kept.
func TestRestoreDamaged(t *testing.T) {
	backup, restored := someBackup(t)
	closed, _ := closedStore(t)
	killed, _ := twoGenerations(t, 3)
	other, _ := twoGenerations(t, 5)
	noHeader, noLogHeader, noFile := image{}, image{}, image{}
	for suffix, b := range killed {
		noHeader[suffix], noLogHeader[suffix] = append([]byte{}, b...), append([]byte{}, b...)
		noFile[suffix] = b
	}
	clear(noHeader[""][:8192])
	clear(noLogHeader["-log1"][:8192])
	delete(noFile, "")
	for name, old := range map[string]image{
		"header destroyed": noHeader, "header of the log destroyed": noLogHeader, "file gone": noFile,
		"log of another store": {"": closed[""], "-log0": killed["-log0"]},
		"logs of two stores":   {"": killed[""], "-log0": killed["-log0"], "-log1": other["-log1"]},
		"no store at all":      {"": []byte("notes")},
	} {
		path := old.write(t)
		if e, err := Open(path, options()); err == nil {
			e.Close()
			t.Errorf("%s: it opens", name)
			continue
		}
		kept, moments := restore(t, path, backup, false)
		old.at(t, kept)
		opensAs(t, name, path, restored)
		opensAs(t, name+", after a crash", moments[1], restored)
	}
}

// While somebody has the store open nothing happens to it.
func TestRestoreLocked(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "v")
	before := imageOf(t, e.Path())
	_, err := BeginRestore(e.Path(), RestoreOptions{LockTimeout: -1})
	says(t, "in use", err, ErrLocked, "")
	before.unchanged(t, e.Path())
	ok(t, e.Close())
	r, err := BeginRestore(e.Path(), RestoreOptions{})
	ok(t, err)
	_, err = Open(e.Path(), options(func(o *Options) { o.LockTimeout = -1 }))
	says(t, "being restored", err, ErrLocked, "")
	ok(t, r.Close())
	opensAs(t, "given up", e.Path(), "[b] k=v\n")
}

// A file that is no store is not discarded.
func TestRestoreKeepsWhatIsNoStore(t *testing.T) {
	m := image{"": []byte("notes")}
	path := m.write(t)
	_, err := BeginRestore(path, RestoreOptions{DiscardOld: true})
	says(t, "notes", err, ErrNotStore, "is not discarded")
	m.unchanged(t, path)
}

// A restore that is given up at the last moment leaves the old store, and nothing else.
func TestRestoreCancelled(t *testing.T) {
	backup, _ := someBackup(t)
	killed, want := twoGenerations(t, 3)
	path := killed.write(t)
	r, err := BeginRestore(path, RestoreOptions{})
	ok(t, err)
	defer r.Close()
	ctx, cancel := context.WithCancel(ctx)
	at(t, &afterKeeping, cancel)
	kept, err := r.Put(ctx, backup)
	if kept != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("kept as %q, %v", kept, err)
	}
	killed.unchanged(t, path)
	ok(t, r.Close())
	opensAs(t, "cancelled", path, want)
}

// Where there was no store, none is kept, and a store that is made meanwhile is not overwritten.
func TestRestoreToNew(t *testing.T) {
	backup, restored := someBackup(t)
	path := newPath(t)
	if kept := restoreNew(t, path, backup); kept != "" {
		t.Errorf("kept as %q", kept)
	}
	opensAs(t, "new", path, restored)
	beside(t, "new", path)

	path = newPath(t)
	r, err := BeginRestore(path, RestoreOptions{})
	ok(t, err)
	defer r.Close()
	at(t, &afterKeeping, func() { ok(t, os.WriteFile(path, []byte("mine"), 0o600)) })
	_, err = r.Put(ctx, backup)
	says(t, "made meanwhile", err, ErrExists, "")
	image{"": []byte("mine")}.unchanged(t, path)
}

// A restore that found the name taken at the last moment had removed the logs of another store by then. Now all logs are
// as they were, and none has a second name.
func TestRestoreGivenUpLate(t *testing.T) {
	backup, _ := someBackup(t)
	one, _ := twoGenerations(t, 3)
	two, _ := twoGenerations(t, 5)
	path := image{"-log0": one["-log0"], "-log1": two["-log1"]}.write(t)
	r, err := BeginRestore(path, RestoreOptions{})
	ok(t, err)
	defer r.Close()
	at(t, &afterKeeping, func() { ok(t, os.WriteFile(path, []byte("mine"), 0o600)) })
	_, err = r.Put(ctx, backup)
	says(t, "made meanwhile", err, ErrExists, "")
	image{"": []byte("mine"), "-log0": one["-log0"], "-log1": two["-log1"]}.unchanged(t, path)
}

func restoreNew(t testing.TB, path string, from *Engine) (kept string) {
	t.Helper()
	r, err := BeginRestore(path, RestoreOptions{})
	ok(t, err)
	defer r.Close()
	kept, err = r.Put(ctx, from)
	ok(t, err)
	return kept
}

func TestKeptPath(t *testing.T) {
	path, now := newPath(t), time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	r := func() string {
		name, err := keptPath(path, now)
		ok(t, err)
		return name
	}
	first := r()
	if first != path+".old-20261130T080000Z" {
		t.Errorf("kept as %s", first)
	}
	ok(t, os.WriteFile(logPath(first, 2), nil, 0o600))
	if second := r(); second != first+"-2" {
		t.Errorf("kept as %s, beside a log", second)
	}
	if _, err := keptPath(filepath.Join(filepath.Dir(path), strings.Repeat("x", 240)), now); err == nil {
		t.Error("a name that is too long is taken")
	}
}

// keptIn is where a store that is kept as kept is in a copy of the directory.
func keptIn(copied, kept string) string {
	return filepath.Join(filepath.Dir(copied), filepath.Base(kept))
}

// removeLog removes the log of a store, as a user does whom an error has told to move it away.
func removeLog(t testing.TB, path string) {
	t.Helper()
	for slot := range maxSegments {
		if log := logPath(path, slot); exists(log) {
			ok(t, os.Remove(log))
		}
	}
}

// The user removes a log that has a second name, after a crash or after an own attempt to undo a restore. It was the
// kept one that a restore or Open then removed, with all that was acknowledged.
func TestRestoreLeavesTheOnlyCopy(t *testing.T) {
	backup, restored := someBackup(t)
	killed, want := twoGenerations(t, 3)
	for _, discard := range []bool{false, true} {
		kept, moments := restore(t, killed.write(t), backup, false)
		path := moments[0] // a crash before the old file has lost its name
		kept = keptIn(path, kept)
		removeLog(t, path)
		restore(t, path, backup, discard)
		opensAs(t, "restored after a crash", path, restored)
		killed.at(t, kept)
		opensAs(t, "kept before a crash", kept, want)

		path = killed.write(t)
		kept, _ = restore(t, path, backup, false)
		ok(t, os.Remove(path))
		ok(t, os.Link(kept, path))
		restore(t, path, backup, discard)
		killed.at(t, kept)
		opensAs(t, "kept by the first restore", kept, want)
	}
}

// A log of another store was removed before the new file got its name. A crash right before that leaves it where it was.
func TestRestoreLeavesTheLogOfAnother(t *testing.T) {
	backup, restored := someBackup(t)
	old, _ := twoGenerations(t, 3)
	other, _ := twoGenerations(t, 5)
	old["-log3"] = other["-log0"]
	path := old.write(t)
	crashed := ""
	at(t, &beforeReplacing, func() { crashed = copyDirectory(t, path) })
	kept, moments := restore(t, path, backup, false)
	old.at(t, kept)
	old.at(t, crashed)
	opensAs(t, "after a crash behind the rename", moments[1], restored)
	opensAs(t, "restored", path, restored)
}

// withoutHardLinks makes the system one that has none.
func withoutHardLinks(t testing.TB) {
	t.Helper()
	before := hardLink
	hardLink = func(from, to string) error {
		return &os.LinkError{Op: "link", Old: from, New: to, Err: errors.ErrUnsupported}
	}
	t.Cleanup(func() { hardLink = before })
}

// Where there are no hard links a crash left a part of a copy under the name of a store that is kept, and nobody
// removed it. Now what has that name is whole, with its log.
func TestRestoreWithCopies(t *testing.T) {
	withoutHardLinks(t)
	backup, restored := someBackup(t)
	killed, want := twoGenerations(t, 3)
	path := killed.write(t)
	var crashes []string
	at(t, &afterCopying, func() { crashes = append(crashes, copyDirectory(t, path)) })
	kept, moments := restore(t, path, backup, false)
	killed.at(t, kept)
	if len(crashes) != 3 {
		t.Fatalf("%d copies instead of 3", len(crashes))
	}
	for i, crashed := range append(crashes, moments[0]) {
		there := imageOf(t, keptIn(crashed, kept))
		if len(there) != i {
			t.Errorf("after %d copies %d have a name", i, len(there))
		}
		for suffix, b := range there {
			if string(b) != string(killed[suffix]) {
				t.Errorf("a copy that has a name is not whole: %s", suffix)
			}
		}
		if _, has := there[""]; has && i < len(killed) {
			t.Error("the file is kept before its log")
		}
		opensAs(t, "before", crashed, want)
		if left := filesBeside(crashed, ".kuzzlite-*"); len(left) > 0 {
			t.Errorf("Open has left %v", left)
		}
	}
	opensAs(t, "after", moments[1], restored)
	opensAs(t, "at the end", path, restored)
	opensAs(t, "kept", kept, want)

	r := Restoring{path: path}
	if err := r.copyNew(path, kept); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file was overwritten: %v", err)
	}
}

// Of two restores at the same time, where there is only a log, one finds that the name is taken. It removed what the
// other one had kept under it.
func TestRestoreForgetsItsOwnNamesOnly(t *testing.T) {
	backup, restored := someBackup(t)
	killed, _ := twoGenerations(t, 3)
	delete(killed, "")
	path := killed.write(t)
	first, err := BeginRestore(path, RestoreOptions{})
	ok(t, err)
	second, err := BeginRestore(path, RestoreOptions{})
	ok(t, err)
	second.kept = first.kept // also if the clock has gone on
	at(t, &afterKeeping, func() {
		_, err := second.Put(ctx, backup)
		says(t, "the second one", err, fs.ErrExist, "")
	})
	kept, err := first.Put(ctx, backup)
	ok(t, err)
	killed.at(t, kept)
	opensAs(t, "restored", path, restored)
}
