package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Stores are filled once for each contender, shape and number of documents, by a process that then closes them. What a
// workload gets is a copy, which is on the disk before it begins. What it holds is checked all the same.

// supply puts a filled store into t.Dir: a copy, or the store itself where no other workload needs it.
func (b *bench) supply(t task, once bool) error {
	dir, err := b.filled(t)
	if err != nil {
		return err
	}
	if once {
		return os.Rename(dir, t.Dir)
	}
	return copyStore(t.Dir, dir)
}

// filled returns the directory of a filled store, which must not be opened.
func (b *bench) filled(t task) (string, error) {
	c := contenderNamed(t.Contender)
	if c.filledBy != "" {
		t.Contender = c.filledBy
	}
	t.Shape = t.Shape.filled()
	dir := filepath.Join(b.dir, fmt.Sprintf("filled-%s-%d-%d-%d", t.Contender, t.Documents, t.Shape.Size, t.Shape.Leaves))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	b.say("%s: %s fills a store of %d documents of %d B", t.Workload, t.Contender, t.Documents, t.Shape.Size)
	t.Dir, t.Fill, t.Kind, t.Callers, t.Batch, t.Profile = dir, true, kindUpdate, 1, 1, ""
	p, err := start(b.program, t)
	if err != nil {
		return "", err
	}
	return dir, errors.Join(p.stop(), syncFiles(dir))
}

func copyStore(to, from string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	return syncFiles(to)
}

// syncFiles waits until all files in dir are on the disk.
func syncFiles(dir string) error { return eachFile(dir, (*os.File).Sync) }

// dropCaches has the next reads of the files in dir come from the disk.
func dropCaches(dir string) error {
	return eachFile(dir, func(f *os.File) error { return errors.Join(f.Sync(), forgetCached(f)) })
}

func eachFile(dir string, do func(*os.File) error) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		return errors.Join(do(f), f.Close())
	})
}
