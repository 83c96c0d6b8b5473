//go:build unix

package disk

import (
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// What happens to a restore whose files are renamed, removed or locked under it, where files that are open can be.

// With logs of two stores beside a file, some of them were removed before it was certain that the new file gets its
// name.
func TestRestoreFailsAndLeavesTheLog(t *testing.T) {
	backup, _ := someBackup(t)
	one, _ := twoGenerations(t, 3)
	two, _ := twoGenerations(t, 5)
	all := image{"": one[""], "-log0": two["-log0"], "-log1": one["-log0"], "-log2": one["-log1"]}
	try := func(moment *atomic.Pointer[func()], fn func(tmp string)) (path string) {
		path = all.write(t)
		r, err := BeginRestore(path, RestoreOptions{DiscardOld: true})
		ok(t, err)
		at(t, moment, func() { fn(filesBeside(path, copyPattern(path))[0]) })
		if kept, err := r.Put(ctx, backup); err == nil || kept != "" {
			t.Errorf("kept as %q, %v", kept, err)
		}
		ok(t, r.Close())
		moment.Store(nil)
		return path
	}
	path := try(&afterKeeping, func(tmp string) { // somebody has the new file locked
		f, err := os.Open(tmp)
		ok(t, err)
		t.Cleanup(func() { f.Close() })
		ok(t, lockFile(f, true, time.Now()))
	})
	all.unchanged(t, path)
	path = try(&beforeReplacing, func(tmp string) { ok(t, os.Remove(tmp)) })
	all.unchanged(t, path)
}

// A file that is renamed onto the store while the copy is made stays. It was replaced by the backup.
func TestRestoreReplacedMeanwhile(t *testing.T) {
	backup, _ := someBackup(t)
	old, want := twoGenerations(t, 3)
	mine := image{"": []byte("mine"), "-log0": old["-log0"], "-log1": old["-log1"]}
	for _, discard := range []bool{false, true} {
		for what, moment := range map[string]*atomic.Pointer[func()]{
			"before": nil, "kept": &afterKeeping, "about to be renamed": &beforeReplacing,
		} {
			path := old.write(t)
			replaced := func() {
				ok(t, os.WriteFile(path+".mine", []byte("mine"), 0o600))
				ok(t, os.Rename(path+".mine", path))
			}
			r, err := BeginRestore(path, RestoreOptions{DiscardOld: discard})
			ok(t, err)
			if moment == nil {
				replaced()
				at(t, &afterKeeping, func() { t.Error("another file is kept") })
			} else {
				at(t, moment, replaced)
			}
			_, err = r.Put(ctx, backup)
			if err == nil || !strings.Contains(err.Error(), "was renamed, removed or replaced") {
				t.Errorf("%s: %v", what, err)
			}
			ok(t, r.Close())
			afterKeeping.Store(nil)
			beforeReplacing.Store(nil)
			if discard || moment == nil {
				mine.unchanged(t, path)
				continue
			}
			mine.at(t, path)
			says(t, what, err, err, "the old file is kept as "+r.kept)
			old.at(t, r.kept)
			opensAs(t, what, r.kept, want)
		}
	}
}

// The file that was renamed onto the store has brought its log, which is of another store for the restore.
func TestRestoreReplacedWithItsLog(t *testing.T) {
	backup, _ := someBackup(t)
	old, _ := twoGenerations(t, 3)
	other, want := twoGenerations(t, 5)
	path := image{"": old[""], "-log0": old["-log0"], "-log2": other["-log0"], "-log3": other["-log1"]}.write(t)
	r, err := BeginRestore(path, RestoreOptions{DiscardOld: true})
	ok(t, err)
	at(t, &afterKeeping, func() {
		image{"": other[""]}.writeTo(t, path+".new")
		ok(t, os.Rename(path+".new", path))
		ok(t, os.Remove(path+"-log0"))
	})
	if _, err = r.Put(ctx, backup); err == nil {
		t.Error("the file was replaced, and no error says so")
	}
	ok(t, r.Close())
	opensAs(t, "the file that was renamed", path, want)
}
