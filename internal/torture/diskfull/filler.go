package diskfull

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// The filler: a child with one caller that writes until the disk is full, looks at what still works, makes room, and
// goes on with the same store. It tells what a worker does, and:
//
//	full CALLER N     a call returned ErrDiskFull
//	unknown CALLER N  a call returned ErrOutcomeUnknown; it is the last
//	filled            the disk was filled, and what was to be done with it is done
//	note WHAT         something to count

// The files that take up the disk: one that is there from the beginning, and one that fills it at a moment.
const (
	ballastName = "ballast"
	suddenName  = "ballast-sudden"
)

const (
	// patience is how long a call may take that meets a full disk.
	patience = 20 * time.Second
	// roomPatience is how long a store may take to see that there is room.
	roomPatience = 6 * time.Second
	// littleRoom is a step of the log, in bytes: with less a call may find none.
	littleRoom = 256 << 10
)

// The callers of a filler.
const (
	smallCaller = iota
	bulkCaller  // makes large calls
)

// fillTask is what a filler is to do.
type fillTask struct {
	oracle.WorkTask
	Size int // of the file system
}

type filler struct {
	oracle.Worker
	size int // of the file system
}

// fill is the task of a filler.
func fill(arg json.RawMessage) error {
	var f fillTask
	if err := json.Unmarshal(arg, &f); err != nil {
		return err
	}
	c := &filler{Worker: oracle.Worker{WorkTask: f.WorkTask}, size: f.Size}
	c.Random = rand.New(rand.NewPCG(c.Seed, uint64(c.Round)))
	oracle.Tune(c.Round)
	c.Next[bulkCaller] = oracle.Bulk
	if c.Random.IntN(3) == 0 {
		c.createOnFull()
	}
	c.ballast(ballastName, c.size/4+c.Random.IntN(c.size/4))
	if err := c.open(); err != nil {
		c.Fail(fmt.Errorf("open: %w", err))
	}
	c.Tell("done open")
	c.fillUp()
	c.useFull()
	c.Tell("filled")
	c.makeRoom()
	c.goOn()
	c.fillUp()
	c.useFull()
	c.Tell("filled")
	c.TellCheckpoints(context.Background())
	if c.Random.IntN(2) == 0 {
		c.meets("closes", c.Store.Close())
	}
	return nil
}

func (c *filler) open() (err error) {
	c.Store, err = kuzzlite.Open(filepath.Join(c.Dir, oracle.StoreName), oracle.Options(c.Round))
	return err
}

// ballast takes up to n bytes of the disk with a file: 0 means all that there is.
func (c *filler) ballast(name string, n int) {
	f, err := os.Create(filepath.Join(c.Dir, name))
	if err != nil {
		c.Fail(err)
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
		c.Fail(err)
	}
}

func (c *filler) makeRoom() {
	if err := os.Remove(filepath.Join(c.Dir, ballastName)); err != nil {
		c.Fail(err)
	}
	if err := os.Remove(filepath.Join(c.Dir, suddenName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.Fail(err)
	}
}

// createOnFull tries to create a store where there is no room for one.
func (c *filler) createOnFull() {
	c.ballast(ballastName, 0)
	if err := c.open(); err == nil {
		c.Fail(errors.New("a store was created on a full disk"))
	} else {
		c.meets("creations", err)
	}
	if err := leftovers(c.Dir); err != nil {
		c.Fail(err)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, oracle.StoreName)); err == nil {
		c.Fail(errors.New("a store that was not created is there"))
	}
	c.makeRoom()
}

// fillUp writes until the disk is full. Every other time something else takes all that there is in the middle of that:
// then calls go on as long as the log has room, a checkpoint cannot be made, and the log's end comes.
func (c *filler) fillUp() {
	sudden := -1
	if c.Random.IntN(2) == 0 {
		sudden = c.Random.IntN(30)
	}
	for n := 0; ; n++ {
		if n == sudden {
			c.ballast(suddenName, 0)
		}
		if !c.call() {
			return
		}
		if sudden >= 0 && n > sudden {
			c.Tell("note calls that returned on a full disk")
		}
		if n > 1000 { // some hundred MiB
			c.Fail(errors.New("false acknowledgement: the disk must be full by now"))
		}
	}
}

// call makes a call, small or large. It returns false if the disk has no room for it.
func (c *filler) call() bool {
	if c.Random.IntN(3) == 0 {
		return c.callOf(bulkCaller)
	}
	return c.callOf(smallCaller)
}

func (c *filler) callOf(caller int) bool {
	c.Next[caller]++
	n := c.Next[caller]
	began := time.Now()
	changes, last, err := oracle.NewCall(c.Seed, oracle.Tag{Round: c.Round, Caller: caller, N: n}).Run(c.Store)
	if took := time.Since(began); took > patience {
		c.Fail(fmt.Errorf("a call took %v", took))
	}
	switch {
	case err == nil && changes < 0:
		c.Tell("drop %d %d", caller, n)
	case err == nil:
		c.Tell("call %d %d %d %d", caller, n, changes, last)
	case errors.Is(err, kuzzlite.ErrDiskFull) && sayFull(err):
		if !strings.Contains(err.Error(), "-log") {
			c.Tell("note calls that met a checkpoint that had met a full disk")
		}
		c.Tell("full %d %d", caller, n)
		return false
	case errors.Is(err, kuzzlite.ErrOutcomeUnknown) && sayFull(err) && strings.Contains(err.Error(), "sync"):
		c.Tell("unknown %d %d", caller, n)
		os.Exit(0)
	default:
		c.Fail(fmt.Errorf("call on a full disk: %w", err))
	}
	return true
}

func sayFull(err error) bool { return strings.Contains(err.Error(), "no space left on device") }

// meets counts what was done on a full disk, which may work, or say why not.
func (c *filler) meets(what string, err error) {
	switch {
	case err == nil:
		c.Tell("note %s that found room on a full disk", what)
	case errors.Is(err, kuzzlite.ErrOutcomeUnknown) || !sayFull(err):
		c.Fail(fmt.Errorf("%s on a full disk: %w", what, err))
	default:
		c.Tell("note %s that met a full disk", what)
	}
}

// useFull does what can be done with a store on a full disk.
func (c *filler) useFull() {
	ctx := context.Background()
	for range 1 + c.Random.IntN(6) {
		switch c.Random.IntN(5) {
		case 4:
			c.meets("builds of field indexes", oracle.TendFieldIndex(ctx, c.Store, c.Random, false))
		case 0:
			_, err := c.Store.Compact(ctx)
			c.meets("compactions", err)
		case 1:
			path := filepath.Join(c.Dir, "copy")
			_, err := c.Store.BackupFile(ctx, path)
			c.meets("backups", err)
			if there := os.Remove(path) == nil; there != (err == nil) {
				c.Fail(fmt.Errorf("BackupFile says %w, the file is there: %v", err, there))
			}
		default:
			c.call()
		}
	}
	c.read(ctx)
}

// read reads everything, and looks at every page.
func (c *filler) read(ctx context.Context) {
	if err := oracle.Sound(ctx, c.Store); err != nil {
		c.Fail(fmt.Errorf("check on a full disk: %w", err))
	}
	for _, name := range oracle.Collections {
		for _, err := range c.Store.Collection(oracle.Index, name).All(ctx, nil) {
			if err != nil && !errors.Is(err, kuzzlite.ErrUnknownCollection) {
				c.Fail(fmt.Errorf("read on a full disk: %w", err))
			}
		}
	}
	c.Tell("note stores read on a full disk")
}

// goOn writes to the same store, now that there is room, which the store must see before long.
func (c *filler) goOn() {
	began := time.Now()
	for done := 0; done < 3; {
		switch {
		case c.callOf(smallCaller):
			c.Tell("note writes once there was room")
			done++
		case time.Since(began) > roomPatience:
			if !c.usedUp() {
				c.Fail(errors.New("the disk has room again, the store does not see it"))
			}
			c.Tell("note stores whose checkpoint took all the room, which was not enough")
			return
		default:
			c.Tell("note writes that came before the store saw that there was room")
			time.Sleep(100 * time.Millisecond)
		}
	}
	c.checkpointEnds(began)
}

// usedUp says whether a checkpoint has taken the room that was made, and needs more. The smallest disks have no room for
// the documents of a frozen generation twice, in the log and in the file, beside those of the active one.
func (c *filler) usedUp() bool {
	st, err := c.Store.Stats(context.Background())
	if err != nil {
		c.Fail(err)
	}
	return st.Stuck != "" && st.FrozenBytes > 0 && c.free() < littleRoom
}

// checkpointEnds waits until the checkpoint that the full disk has kept from its end is made.
func (c *filler) checkpointEnds(began time.Time) {
	for waited := false; ; waited = true {
		st, err := c.Store.Stats(context.Background())
		switch {
		case err != nil:
			c.Fail(err)
		case st.Failure != "":
			c.Fail(errors.New(st.Failure))
		case st.FrozenBytes == 0:
			if waited {
				c.Tell("note checkpoints that went on once there was room")
			}
			return
		case c.free() < 3*st.FrozenBytes+(1<<20): // the file grows in steps, and keeps the pages of before
			c.Tell("note checkpoints for which there was not enough room as yet")
			return
		case time.Since(began) > roomPatience:
			c.Fail(errors.New("the disk has room again, the checkpoint does not go on"))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// free is how many bytes the disk has room for.
func (c *filler) free() int64 {
	n, err := freeBytes(c.Dir)
	if err != nil {
		c.Fail(err)
	}
	return n
}
