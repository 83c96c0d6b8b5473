package main

import (
	"errors"
	"fmt"
	"io"
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
	name := t.Contender
	if t.program != "" { // its files may be of another format
		name = t.Label
	}
	dir := filepath.Join(b.dir, fmt.Sprintf("filled-%s-%d-%d-%d-%d-%d", name, t.Documents, t.Shape.Size, t.Shape.Leaves,
		t.Shape.Buyers, t.Shape.Shops))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	b.say("%s: %s fills a store of %d documents of %d B", t.Workload, name, t.Documents, t.Shape.Size)
	t.Dir, t.Fill, t.Kind, t.Callers, t.Batch, t.Profile = dir, true, kindUpdate, 1, 1, ""
	t.Indexes = nil
	p, err := b.start(t)
	if err != nil {
		return "", err
	}
	return dir, errors.Join(p.stop(), syncFiles(dir))
}

// copyStore copies a directory of files, a page at a time: what is written in larger pieces Linux keeps in larger
// pieces, and counts as written whole when a page of it changes.
func copyStore(to, from string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	list, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, d := range list {
		if err := copyFile(filepath.Join(to, d.Name()), filepath.Join(from, d.Name())); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(to, from string) (err error) {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	pages := struct{ io.Writer }{dst} // hides that a file can be copied as a whole
	if _, err := io.CopyBuffer(pages, struct{ io.Reader }{src}, make([]byte, 4096)); err != nil {
		return err
	}
	return dst.Sync()
}

// syncFiles waits until all files in dir are on the disk.
func syncFiles(dir string) error { return eachFile(dir, (*os.File).Sync) }

// dropCaches has the next reads of the files in dir come from the disk.
func dropCaches(dir string) error {
	return eachFile(dir, func(f *os.File) error { return errors.Join(f.Sync(), forgetCached(f)) })
}

// fillCaches reads all files in dir, in their order, which is faster than page by page.
func fillCaches(dir string) error {
	return eachFile(dir, func(f *os.File) error {
		_, err := io.Copy(io.Discard, f)
		return err
	})
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
