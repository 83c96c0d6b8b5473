package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// Stores that are there whole or not at all. They are filled in a directory beside, and get their own name last.

// loadingSuffix ends the names of directories in which a store is loaded that gets its own name at the end.
const loadingSuffix = ".loading"

// The stores in such a directory: the one that is loaded, and one that is locked as long as the load is under way, also
// once the other is whole and closed.
const (
	loadingStore = "store.db"
	loadingLock  = "lock.db"
)

// intoNewStore makes a store under a path where there is none, as fill fills it. If fill fails there is none either.
func intoNewStore(path string, o kuzzlite.Options, fill func(*kuzzlite.Store) error) error {
	removeLeftovers(path)
	dir, err := os.MkdirTemp(filepath.Dir(path), shortName(filepath.Base(path))+".*"+loadingSuffix)
	if err != nil && missing(filepath.Dir(path)) {
		return &failure{exitStore, err, "the directory must exist"}
	}
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	lock, err := kuzzlite.Open(filepath.Join(dir, loadingLock), &kuzzlite.Options{Mode: kuzzlite.OpenNew})
	if err != nil {
		return err
	}
	defer lock.Close()
	tmp := filepath.Join(dir, loadingStore)
	o.Mode = kuzzlite.OpenNew
	s, err := kuzzlite.Open(tmp, &o)
	if err != nil {
		return err
	}
	err = fill(s)
	if closeErr := s.Close(); err == nil {
		err = closeErr // after a nil error the file alone is the store
	}
	if err != nil {
		return err
	}
	if err := nameNew(tmp, path); err != nil {
		if missing(path) {
			return err
		}
		return &failure{exitStore, fmt.Errorf("%s is there already", path),
			"another process has made it meanwhile, and nothing of this was written: run the command again"}
	}
	return syncDir(filepath.Dir(path))
}

// removeLeftovers removes what killed loads of this store have left.
func removeLeftovers(path string) {
	dir, base := filepath.Dir(path), shortName(filepath.Base(path))
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		middle, isOf := strings.CutPrefix(e.Name(), base+".")
		middle, isLoading := strings.CutSuffix(middle, loadingSuffix)
		if !isOf || !isLoading || strings.Trim(middle, "0123456789") != "" {
			continue
		}
		if left := filepath.Join(dir, e.Name()); wasLeft(left) {
			removeLoading(left)
		}
	}
}

// wasLeft says whether nobody loads in a directory any more. One without a lock may be just being made.
func wasLeft(dir string) bool {
	lock, err := kuzzlite.Open(filepath.Join(dir, loadingLock), &kuzzlite.Options{ReadOnly: true, LockTimeout: -1})
	if errors.Is(err, fs.ErrNotExist) {
		info, err := os.Stat(dir)
		return err == nil && time.Since(info.ModTime()) > 10*time.Minute
	}
	return err == nil && lock.Close() == nil
}

// removeLoading removes what a load makes, and the directory if there is nothing else in it.
func removeLoading(dir string) {
	for _, pattern := range []string{loadingStore + "*", loadingLock + "*", ".kuzzlite-*"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, file := range files {
			_ = os.Remove(file)
		}
	}
	_ = os.Remove(dir)
}
