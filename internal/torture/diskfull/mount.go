package diskfull

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
)

// smallFS is a file system of a few MiB.
type smallFS struct {
	kind string // tmpfs or ext4
	mib  int
	dir  string // where it is mounted
}

// mount makes the file system.
func (fs smallFS) mount() error {
	if err := os.Mkdir(fs.dir, 0o700); err != nil {
		return err
	}
	if fs.kind == "tmpfs" {
		return runTool("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", fs.mib), "torture", fs.dir)
	}
	image, err := os.Create(fs.image())
	if err != nil {
		return err
	}
	if err := errors.Join(image.Truncate(int64(fs.mib)<<20), image.Close()); err != nil {
		return err
	}
	// Without reserved blocks root meets the same end as everyone.
	if err := runTool("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", fs.image()); err != nil {
		return err
	}
	return runTool("mount", "-o", "loop", fs.image(), fs.dir) // the device goes with the mount
}

func (fs smallFS) image() string { return fs.dir + ".img" }

// unmount removes the file system, now or once nobody uses it any more.
func (fs smallFS) unmount() error {
	err := runTool("umount", fs.dir)
	if err != nil {
		err = runTool("umount", "-l", fs.dir)
	}
	err = errors.Join(err, os.Remove(fs.dir))
	if fs.kind != "tmpfs" {
		err = errors.Join(err, os.Remove(fs.image()))
	}
	return err
}

func runTool(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(out))
	}
	return nil
}

// mountable returns the kinds of file systems that can be mounted here, or why there are none.
var mountable = sync.OnceValues(func() (kinds []string, err error) {
	dir, err := os.MkdirTemp("", "kuzzlite-mount-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var why []error
	for _, kind := range []string{"tmpfs", "ext4"} {
		fs := smallFS{kind: kind, mib: 2, dir: dir + "/" + kind}
		if err := fs.mount(); err != nil {
			why = append(why, err)
			continue
		}
		if err := fs.unmount(); err != nil {
			return nil, err
		}
		kinds = append(kinds, kind)
	}
	if len(kinds) == 0 {
		return nil, fmt.Errorf("needs root, and tmpfs or loop devices: %w", errors.Join(why...))
	}
	return kinds, nil
})
