package command

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Files that are there whole or not at all. They are written under a temporary name beside, made durable, and get their
// own name last. Export, dump and salvage make their files so.

// wholeFile has a file written, compressed if its name ends in .gz or .zst. A file that is there is refused, or with
// force replaced once the new one is whole. Only the owner may read the new one, as with a store.
func wholeFile(path string, force bool, write func(io.Writer) error) error {
	if err := mayWrite(path, force); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), shortName(filepath.Base(path))+".*.part")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once the file has its own name only
	if err := errors.Join(fillFile(f, path, write), f.Close()); err != nil {
		return err
	}
	if force {
		err = os.Rename(f.Name(), path)
	} else {
		err = nameNew(f.Name(), path)
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// shortName is a name to which something can be added: file systems take 255 bytes.
func shortName(name string) string {
	const most = 180
	if len(name) <= most {
		return name
	}
	return fmt.Sprintf("%s~%x", name[:most-20], sha256.Sum256([]byte(name)))[:most]
}

// mayWrite refuses directories, names in none, and names that are taken. With force, by what is no file.
func mayWrite(path string, force bool) error {
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return &failure{exitStore, fmt.Errorf("%s is a directory", path), "name a file, which may be in it"}
	case missing(filepath.Dir(path)):
		return &failure{exitStore, fmt.Errorf("there is no directory %s for the file", filepath.Dir(path)),
			"the directory must exist"}
	}
	if !force {
		return free(path)
	}
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		return &failure{code: exitStore, err: fmt.Errorf("%s is no regular file: --force replaces only those", path)}
	}
	return nil
}

// free returns an error if there is a file under one of the names.
func free(paths ...string) error {
	for _, path := range paths {
		if _, err := os.Lstat(path); err == nil && path != "-" {
			return taken(path)
		}
	}
	return nil
}

func taken(path string) error {
	return &failure{exitStore, fmt.Errorf("%s is there already", path), "choose another name, or remove it first"}
}

// fillFile has an open file written, and makes its content durable.
func fillFile(f *os.File, name string, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, 256<<10)
	c, err := compressor(w, name)
	if err != nil {
		return err
	}
	err = write(c)
	if closeErr := c.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err := errors.Join(w.Flush(), f.Sync()); err != nil {
		return outputError(err)
	}
	return nil
}

// nameNew gives a file a name that no file has yet.
func nameNew(tmp, path string) error {
	err := os.Link(tmp, path)
	switch {
	case err == nil:
		return os.Remove(tmp)
	case errors.Is(err, fs.ErrExist):
		return taken(path)
	case !errors.Is(err, fs.ErrPermission) && !errors.Is(err, errors.ErrUnsupported):
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // there are no hard links
	if errors.Is(err, fs.ErrExist) {
		return taken(path)
	}
	if err != nil {
		return err
	}
	if err = errors.Join(f.Close(), os.Rename(tmp, path)); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// syncDir makes the names in a directory durable, where the system and its owner allow that.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // where a name is durable with the content
		return nil
	}
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
