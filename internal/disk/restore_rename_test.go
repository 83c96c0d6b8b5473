package disk

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// failRename makes the rename fail that comes after n others until undo is called, and counts those that were tried.
func failRename(n int) (tried *int, undo func()) {
	before := rename
	tried = new(int)
	rename = func(from, to string) error {
		if *tried++; *tried == n+1 {
			return &os.LinkError{Op: "rename", Old: from, New: to, Err: errRename}
		}
		return before(from, to)
	}
	return tried, func() { rename = before }
}

var errRename = errors.New("a rename of the test fails")

// wrecksOfTwo are files that no longer say whose they are, or that are missing, with logs of two stores beside them.
func wrecksOfTwo(t *testing.T) map[string]image {
	one, _ := twoGenerations(t, 3)
	two, _ := twoGenerations(t, 5)
	torn := append([]byte{}, one[""]...)
	for _, page := range []int{0, os.Getpagesize()} {
		torn[page+72] ^= 1 // in the checksum of the header
	}
	logs := image{"-log0": two["-log0"], "-log1": one["-log0"], "-log2": one["-log1"]}
	wrecks := map[string]image{}
	for name, file := range map[string][]byte{"whole": one[""], "without a header": torn, "missing": nil} {
		m := image{}
		for suffix, b := range logs {
			m[suffix] = b
		}
		if file != nil {
			m[""] = file
		}
		wrecks[name] = m
	}
	return wrecks
}

// Whichever rename fails, with the old store discarded or kept: everything is where it was, and has its bytes. Beside a
// file that does not say whose it is those logs were removed before the rename that were not of the first log's store.
func TestRestoreWithAnyRenameFailed(t *testing.T) {
	backup, restored := someBackup(t)
	for name, old := range wrecksOfTwo(t) {
		for _, links := range []bool{true, false} {
			for _, discard := range []bool{false, true} {
				t.Run(fmt.Sprintf("file %s, hard links %v, discarded %v", name, links, discard), func(t *testing.T) {
					if !links {
						withoutHardLinks(t)
					}
					failed := 0
					for ; restoreWithout(t, backup, old, discard, failed); failed++ {
					}
					if failed == 0 && (old[""] != nil || !links) {
						t.Error("no rename has failed")
					}
					path := old.write(t)
					restore(t, path, backup, discard)
					opensAs(t, "restored", path, restored)
				})
			}
		}
	}
}

// restoreWithout restores with the rename failing that comes after n others. It returns false if there are no more.
func restoreWithout(t *testing.T, backup *Engine, old image, discard bool, n int) bool {
	t.Helper()
	path := old.write(t)
	r, err := BeginRestore(path, RestoreOptions{DiscardOld: discard})
	ok(t, err)
	tried, undo := failRename(n)
	defer undo()
	_, err = r.Put(ctx, backup)
	ok(t, r.Close())
	if *tried <= n {
		ok(t, err)
		return false
	}
	says(t, "a rename failed", err, errRename, "")
	if old[""] != nil {
		old.unchanged(t, path)
		return true
	}
	old.at(t, path)
	if got := files(t, path); exists(path) || len(got) != len(old) {
		t.Errorf("a file is there, or more than the logs: %v", got)
	}
	return true
}
