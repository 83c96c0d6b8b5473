package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// The script: a child with one caller that goes through the life of a store in fixed steps, so that its n-th system
// call is the same each time. Whatever a step returned is told on standard output, a line each:
//
//	begin N WHAT            a step begins
//	ack N CHANGES SEQUENCE  it returned without an error: so many changes, of which this was the last
//	err N CLASS TEXT        it returned an error, of one of the classes below
//	backup N SEQUENCE       the backup that is made next must have this sequence
//	fail TEXT               something that must not happen
//	end                     the script is through
//
// A step that returns ErrOutcomeUnknown or ErrFailed is followed by a write that must be refused, a read that must
// not, and another Open. After any other error the store must go on as if nothing had been.
//
// The store makes a checkpoint every few steps, in the turn of the caller who finds that it is due: so there is one
// thread for everything, and what the checkpoint meets is told by that call or by the next.

// What an error says.
const (
	unknownError = "unknown" // ErrOutcomeUnknown
	failedError  = "failed"  // ErrFailed
	fullError    = "full"    // ErrDiskFull
	otherError   = "other"
)

const (
	backupName   = "backup.db"
	restoredName = "restored.db"
)

// The callers of the script.
const (
	storeCaller    = iota // writes to the store
	restoredCaller        // writes to the copy of its backup
	refusedCaller         // writes where it must be refused
)

// task is what a script is to do.
type task struct {
	Seed uint64
	Dir  string
}

// steps are the steps. A verb stands for a call of it.
var steps = []string{
	"open", "mUpsert", "mUpsert", "mCreate", "mCreateOrReplace", "mUpdate", "mDelete", "mDeleteFields", "backup",
	"truncate", "mUpsert", "compact", "mUpsert", "mReplace", "drop", "mUpsert", "close", "open", "mCreateOrReplace",
	"mDelete", "close",
	"restore", "mUpsert", "compact", "mDelete", "close",
}

// The main goroutine of a script stays on the main thread, which is the one that strace counts the calls of.
func init() {
	if strings.Contains(os.Getenv(harness.ChildEnvironment), `"script"`) {
		runtime.LockOSThread()
	}
}

// runScript is the task of a script.
func runScript(arg json.RawMessage) error {
	c := &script{caller: storeCaller, file: oracle.StoreName}
	if err := json.Unmarshal(arg, &c.task); err != nil {
		return err
	}
	disk.Tune(disk.Tuning{CheckpointSize: 40 << 10, SliceBytes: 16 << 10, InTurn: true})
	warmUp()
	for n, what := range steps {
		c.step(n, what)
	}
	c.tell("end")
	return nil
}

// options are those of a script's store: the restored one has no log.
func options(name string) *kuzzlite.Options {
	o := oracle.Options(0)
	if name == restoredName {
		o.Log = kuzzlite.LogOff
	}
	return o
}

// heap is more memory than a script needs.
const heap = 48 << 20

// warmUp makes the runtime map that now, so that it need not later, between the calls that are counted.
func warmUp() {
	memory := make([]byte, heap)
	runtime.KeepAlive(memory)
	runtime.GC()
}

type script struct {
	task
	caller int
	file   string
	store  *kuzzlite.Store
}

func (c *script) tell(format string, args ...any) {
	if _, err := fmt.Fprintf(os.Stdout, format+"\n", args...); err != nil {
		os.Exit(1) // the parent is gone
	}
}

func (c *script) fail(format string, args ...any) {
	c.tell("fail "+format, args...)
	os.Exit(1)
}

// step does a step, and what has to follow if it fails.
func (c *script) step(n int, what string) {
	c.tell("begin %d %s", n, what)
	changes, last, err := c.do(n, what)
	if err == nil {
		c.tell("ack %d %d %d", n, changes, last)
		return
	}
	class := classOf(err)
	c.tell("err %d %s %s", n, class, strings.ReplaceAll(err.Error(), "\n", "; "))
	if (class == unknownError || class == failedError) && what != "close" {
		c.refuses()
		if err := c.store.Close(); err != nil && class == unknownError && !errors.Is(err, kuzzlite.ErrFailed) {
			c.fail("close after an unknown outcome: %v", err)
		}
		what = "open"
	}
	switch what { // what the next steps need
	case "open", "restore", "backup":
		if _, _, err := c.do(n, what); err != nil && !(what == "backup" && errors.Is(err, kuzzlite.ErrExists)) {
			c.fail("%s, again after it failed: %v", what, err)
		}
	}
}

func classOf(err error) string {
	switch {
	case errors.Is(err, kuzzlite.ErrOutcomeUnknown):
		return unknownError
	case errors.Is(err, kuzzlite.ErrFailed):
		return failedError
	case errors.Is(err, kuzzlite.ErrDiskFull):
		return fullError
	}
	return otherError
}

// refuses checks a store that takes no more writes.
func (c *script) refuses() {
	_, _, err := stepCall(c.Seed, refusedCaller, 0, oracle.MUpsert).Run(c.store)
	if !errors.Is(err, kuzzlite.ErrFailed) || errors.Is(err, kuzzlite.ErrOutcomeUnknown) {
		c.fail("a write after one that has failed: %v", err)
	}
	_, err = c.store.Collections(context.Background(), oracle.Index)
	if err != nil && !errors.Is(err, kuzzlite.ErrUnknownIndex) {
		c.fail("a read after a write that has failed: %v", err)
	}
}

func (c *script) do(n int, what string) (changes int, last uint64, err error) {
	ctx := context.Background()
	switch what {
	case "restore":
		if err := c.restore(); err != nil {
			c.fail("restore: %v", err)
		}
		fallthrough
	case "open":
		c.store, err = kuzzlite.Open(filepath.Join(c.Dir, c.file), options(c.file))
	case "close":
		err = c.store.Close()
	case "compact":
		err = c.compact(ctx)
	case "backup":
		c.tell("backup %d %d", n, c.store.Sequence())
		_, err = c.store.BackupFile(ctx, filepath.Join(c.Dir, backupName))
	default:
		return stepCall(c.Seed, c.caller, n, oracle.Verb(what)).Run(c.store)
	}
	return 0, 0, err
}

// compact compacts the store. If that fails the file must be the one that it was, unless the outcome is unknown.
func (c *script) compact(ctx context.Context) error {
	before, statErr := os.Stat(filepath.Join(c.Dir, c.file))
	_, err := c.store.Compact(ctx)
	after, afterErr := os.Stat(filepath.Join(c.Dir, c.file))
	if failed := errors.Join(statErr, afterErr); failed != nil {
		c.fail("compact: %v", failed)
	}
	if class := classOf(err); err != nil && class != unknownError && class != failedError && !os.SameFile(before, after) {
		c.fail("false failure: the file is another one, and Compact says %v", err)
	}
	return err
}

// restore makes the copy of the backup that is opened next, the plain way.
func (c *script) restore() error {
	c.caller, c.file = restoredCaller, restoredName
	data, err := os.ReadFile(filepath.Join(c.Dir, backupName))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.Dir, restoredName), data, 0o600)
}

// stepCall is the call of a step: the first that is of its verb, and large enough to matter.
func stepCall(seed uint64, caller, step int, v oracle.Verb) oracle.Call {
	for n := 1000 * step; ; n++ {
		c := oracle.NewCall(seed, oracle.Tag{Round: 0, Caller: caller, N: n})
		if c.Verb == v && (len(c.Items) >= 12 && !c.Atomic || v == oracle.Truncate || v == oracle.Drop) {
			return c
		}
	}
}
