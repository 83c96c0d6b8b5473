package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/kuzzlite/kuzzlite"
)

// The filler: a child with one caller that writes until the disk is full, looks at what still works, makes room, and
// goes on with the same store. It tells what a worker does, and:
//
//	full CALLER N     a call returned ErrDiskFull
//	unknown CALLER N  a call returned ErrOutcomeUnknown; it is the last
//	filled            the disk was filled, and what was to be done with it is done
//	note WHAT         something to count

const ballastName = "ballast"

// The callers of a filler.
const (
	smallCaller = iota
	bulkCaller  // makes large calls
)

// fillTask is what a filler is to do.
type fillTask struct {
	workTask
	Size int // of the file system
}

type filler struct {
	worker
	size int // of the file system
}

// fill is the task of a filler.
func fill(arg json.RawMessage) error {
	var f fillTask
	if err := json.Unmarshal(arg, &f); err != nil {
		return err
	}
	c := &filler{worker{workTask: f.workTask}, f.Size}
	c.random = rand.New(rand.NewPCG(c.Seed, uint64(c.Round)))
	c.next[bulkCaller] = bulk
	if c.random.IntN(3) == 0 {
		c.createOnFull()
	}
	c.ballast(c.size/4 + c.random.IntN(c.size/4))
	if err := c.open(); err != nil {
		c.fail(fmt.Errorf("open: %w", err))
	}
	c.tell("done open")
	c.fillUp()
	c.useFull()
	c.tell("filled")
	c.makeRoom()
	c.goOn()
	c.fillUp()
	c.useFull()
	c.tell("filled")
	if c.random.IntN(2) == 0 {
		c.meets("closes", c.store.Close())
	}
	return nil
}

func (c *filler) open() (err error) {
	c.store, err = kuzzlite.Open(filepath.Join(c.Dir, storeName), options(0))
	return err
}

// ballast takes up to n bytes of the disk: 0 means all that there is.
func (c *filler) ballast(n int) {
	f, err := os.Create(filepath.Join(c.Dir, ballastName))
	if err != nil {
		c.fail(err)
	}
	defer f.Close()
	chunk := make([]byte, 1<<12)
	for size := 0; (n == 0 || size < n) && err == nil; size += len(chunk) {
		_, err = f.Write(chunk)
	}
	if n == 0 {
		err = nil
	}
	if err := errors.Join(err, f.Sync()); err != nil {
		c.fail(err)
	}
}

func (c *filler) makeRoom() {
	if err := os.Remove(filepath.Join(c.Dir, ballastName)); err != nil {
		c.fail(err)
	}
}

// createOnFull tries to create a store where there is no room for one.
func (c *filler) createOnFull() {
	c.ballast(0)
	if err := c.open(); err == nil {
		c.fail(errors.New("a store was created on a full disk"))
	} else {
		c.meets("creations", err)
	}
	if err := leftovers(c.Dir); err != nil {
		c.fail(err)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, storeName)); err == nil {
		c.fail(errors.New("a store that was not created is there"))
	}
	c.makeRoom()
}

// fillUp writes until the disk is full.
func (c *filler) fillUp() {
	for n := 0; c.call(); n++ {
		if n > 1000 { // some hundred MiB
			c.fail(errors.New("false acknowledgement: the disk must be full by now"))
		}
	}
}

// call makes a call, small or large. It returns false if the disk has no room for it.
func (c *filler) call() bool {
	if c.random.IntN(3) == 0 {
		return c.callOf(bulkCaller)
	}
	return c.callOf(smallCaller)
}

func (c *filler) callOf(caller int) bool {
	c.next[caller]++
	n := c.next[caller]
	changes, last, err := newCall(c.Seed, tag{c.Round, caller, n}).run(c.store)
	switch {
	case err == nil && changes < 0:
		c.tell("drop %d %d", caller, n)
	case err == nil:
		c.tell("call %d %d %d %d", caller, n, changes, last)
	case errors.Is(err, kuzzlite.ErrDiskFull) && sayFull(err):
		c.tell("full %d %d", caller, n)
		return false
	case errors.Is(err, kuzzlite.ErrOutcomeUnknown) && sayFull(err) && strings.Contains(err.Error(), "sync"):
		c.tell("unknown %d %d", caller, n)
		os.Exit(0)
	default:
		c.fail(fmt.Errorf("call on a full disk: %w", err))
	}
	return true
}

func sayFull(err error) bool { return strings.Contains(err.Error(), texts[nospace]) }

// meets counts what was done on a full disk, which may work, or say why not.
func (c *filler) meets(what string, err error) {
	switch {
	case err == nil:
		c.tell("note %s that found room on a full disk", what)
	case errors.Is(err, kuzzlite.ErrOutcomeUnknown) || !sayFull(err):
		c.fail(fmt.Errorf("%s on a full disk: %w", what, err))
	default:
		c.tell("note %s that met a full disk", what)
	}
}

// useFull does what can be done with a store on a full disk.
func (c *filler) useFull() {
	ctx := context.Background()
	for range 1 + c.random.IntN(6) {
		switch c.random.IntN(4) {
		case 0:
			_, err := c.store.Compact(ctx)
			c.meets("compactions", err)
		case 1:
			path := filepath.Join(c.Dir, "copy")
			_, err := c.store.BackupFile(ctx, path)
			c.meets("backups", err)
			if there := os.Remove(path) == nil; there != (err == nil) {
				c.fail(fmt.Errorf("BackupFile says %w, the file is there: %v", err, there))
			}
		default:
			c.call()
		}
	}
	c.read(ctx)
}

// read reads everything, and looks at every page.
func (c *filler) read(ctx context.Context) {
	if err := sound(ctx, c.store); err != nil {
		c.fail(fmt.Errorf("check on a full disk: %w", err))
	}
	for _, name := range collections {
		for _, err := range c.store.Collection(index, name).All(ctx, nil) {
			if err != nil && !errors.Is(err, kuzzlite.ErrUnknownCollection) {
				c.fail(fmt.Errorf("read on a full disk: %w", err))
			}
		}
	}
	c.tell("note stores read on a full disk")
}

// goOn writes to the same store, now that there is room.
func (c *filler) goOn() {
	for range 3 {
		if !c.callOf(smallCaller) {
			c.fail(errors.New("the disk has room again, the store does not see it"))
		}
		c.tell("note writes once there was room")
	}
}
