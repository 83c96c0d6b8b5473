package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// opening is one run of Open. Its steps stand in Open, in their order; the rules behind that order:
//
//   - The lock is taken before the look, and the file must still be the one at the path afterwards: Compact replaces
//     it.
//   - Nothing is mapped that was not looked at by plain reads first: bbolt follows the page ids of a damaged file in
//     goroutines of its own, where a fault ends the process.
//   - Nothing is written before the file and the log are understood: a pair that does not fit stays as it is.
//   - What is read is durable before anything is built on it.
type opening struct {
	path     string
	opts     Options
	deadline time.Time

	file   *os.File // locked; bbolt takes it over
	header boltfile.Header
	id     [16]byte
	state  logState
	afresh bool // the file was read once more, from the disk
	scarce bool // addresses are: no more of the file is mapped than there is
	log    *recovered
	base   *base
}

// Open opens the store in the file at path, and creates one if there is none, unless o.ReadOnly or o.MustExist.
func Open(path string, o *Options) (e *Engine, err error) {
	op := &opening{opts: o.resolved()}
	op.deadline = time.Now().Add(op.opts.LockTimeout)
	if op.path, err = resolvePath(path); err != nil {
		return nil, err
	}
	err = op.steps()
	if err == errScarce { // the lock was lost for a moment: nothing that was read counts any more
		op = &opening{path: op.path, opts: op.opts, deadline: op.deadline, scarce: true}
		op.opts.MustBeNew = false // the file is there by now
		err = op.steps()
	}
	if err != nil {
		op.abandon()
		return nil, err
	}
	return op.start()
}

func (op *opening) steps() error {
	for _, step := range []func() error{
		op.createIfAbsent, // under a temporary name, then linked to its own
		op.lock,           // until here the file may be replaced
		op.settle,         // what is read from here on is durable
		op.inspect,        // can bbolt be trusted with the file?
		op.identify,       // whose file is it, and what of the log does it contain?
		op.judge,          // does the log continue the file?
		op.load,           // the log, into an overlay
		op.open,           // bbolt, which may write
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// createIfAbsent creates the store if there is no file.
func (op *opening) createIfAbsent() error {
	info, err := os.Stat(op.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !op.opts.ReadOnly:
		if err := op.refuseOrphans(); err != nil {
			return err
		}
		if op.opts.MustExist {
			return err
		}
		return create(op.path, &op.opts)
	case err != nil:
		return err
	case op.opts.MustBeNew:
		return fmt.Errorf("file %s %w", op.path, ErrExists)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: not a regular file", ErrNotStore)
	}
	return nil
}

const lockRetryInterval = 20 * time.Millisecond

// What ErrLocked says of who has a store open.
const (
	unknownHolder  = "another process, or by another Store in this one"
	openForReading = ", which has it open for reading"
	openForWriting = ", which has it open for writing"
)

// lock opens the file and locks it, and looks whether the path still leads to it.
func (op *opening) lock() error {
	flag := os.O_RDWR
	if op.opts.ReadOnly {
		flag = os.O_RDONLY
	}
	for {
		f, err := os.OpenFile(op.path, flag, 0)
		if osfile.IsInUse(err) {
			err = fmt.Errorf("%w by another program, which lets nobody else open it: %w", ErrLocked, err)
		} else if err != nil {
			return err
		}
		same := false
		if err == nil {
			same, err = op.lockThis(f)
		}
		if err == nil && same {
			op.file = f
			return nil
		}
		if f != nil {
			f.Close()
		}
		// That the file is locked may pass, for which lockFile does not wait on Windows.
		if err != nil && !errors.Is(err, ErrLocked) {
			return err
		}
		if !time.Now().Before(op.deadline) {
			if err == nil {
				err = fmt.Errorf("%w: it is replaced again and again", ErrLocked)
			}
			return err
		}
		time.Sleep(lockRetryInterval)
	}
}

func (op *opening) lockThis(f *os.File) (same bool, err error) {
	if err := lockFile(f, !op.opts.ReadOnly, op.deadline); err != nil {
		return false, err
	}
	if !op.opts.swapping && isSwapped(op.path) {
		return false, fmt.Errorf("%w by another process, which compacts it", ErrLocked)
	}
	return isFileAt(f, op.path)
}

// settle makes durable what is read from the file from here on. A process that was killed may have left a transaction,
// or the name of the file, in the memory of the system only; a transaction on top of that would write over pages that
// the disk still needs.
func (op *opening) settle() error {
	err := op.file.Sync()
	if op.opts.ReadOnly && osfile.CannotSync(err) {
		err = nil
	}
	if err != nil || op.opts.ReadOnly {
		return err
	}
	return osfile.SyncDir(filepath.Dir(op.path))
}

// walkSize is up to what size, in bytes, a file is looked through when it is opened. bbolt trusts the file's list of
// free pages, and a page that leads back to itself ends the process.
const walkSize = 64 << 20

// inspect looks at the file by plain reads: at its header always, and at every page if the file is small, or if bbolt
// is going to walk them all.
func (op *opening) inspect() error {
	info, err := op.file.Stat()
	if err != nil {
		return err
	}
	if op.header, err = boltfile.ReadHeader(op.file, info.Size()); err != nil {
		return headerError(err)
	}
	if op.header.FreelistSynced && info.Size() > walkSize {
		return nil
	}
	report, err := boltfile.Walk(context.Background(), op.file, op.header, nil)
	if err != nil {
		return err
	}
	if len(report.Problems) > 0 && report.Lost == 0 {
		return fmt.Errorf("%w: %s", kv.ErrCorrupt, listed(report.Problems))
	}
	return nil
}

// listed is the first of some problems, and how many there are.
func listed(problems []boltfile.Problem) string {
	const most = 10
	var texts []string
	for _, p := range problems[:min(len(problems), most)] {
		texts = append(texts, fmt.Sprint(p))
	}
	text := strings.Join(texts, "; ")
	if n := len(problems); n > 1 {
		text = fmt.Sprintf("%d problems: %s", n, text)
	}
	if len(problems) > most {
		text += "; …"
	}
	return text
}

// headerError turns what is wrong with a file's header into an error of this package.
func headerError(err error) error {
	switch {
	case errors.Is(err, boltfile.ErrNotBolt) || errors.Is(err, boltfile.ErrEmpty):
		return fmt.Errorf("%w: %w", ErrNotStore, err)
	case isDamage(err):
		return fmt.Errorf("%w: %w", kv.ErrCorrupt, err)
	}
	return err // of reading
}

// isDamage says whether an error is about what is in the file, not about reading it.
func isDamage(err error) bool {
	for _, damage := range []error{
		boltfile.ErrVersion, boltfile.ErrTorn, boltfile.ErrTruncated, boltfile.ErrDamaged, boltfile.ErrNoTx,
	} {
		if errors.Is(err, damage) {
			return true
		}
	}
	return false
}

// identify reads whose file it is.
func (op *opening) identify() error {
	format, err := op.lookup(keyFormat)
	if errors.Is(err, boltfile.ErrNoBucket) {
		return op.foreign()
	}
	switch {
	case err != nil:
		return err
	case len(format) != 1:
		return fmt.Errorf("%w: its format number is missing", kv.ErrCorrupt)
	case format[0] < op.opts.Format:
		return tooOld(op.opts.Format, format[0])
	case format[0] > op.opts.Format:
		return fmt.Errorf("%w of format %d, which is all this release reads: it has format %d, use a newer release",
			ErrNotStore, op.opts.Format, format[0])
	}
	id, err := op.lookup(keyID)
	if err != nil || len(id) != len(op.id) {
		return errors.Join(err, fmt.Errorf("%w: the id of the store is missing", kv.ErrCorrupt))
	}
	copy(op.id[:], id)
	state, err := op.lookup(keyLog)
	if err != nil {
		return err
	}
	if op.state, err = decodeLogState(state); err != nil || !op.state.open || op.afresh {
		return err
	}
	// The store was not closed. What the system remembers of the file is let go, so that what is read is what the disk
	// has: after a failed sync the two can differ.
	op.afresh = true
	osfile.Forget(op.file)
	if err := op.inspect(); err != nil {
		return err
	}
	return op.identify()
}

// foreign is the error of a bbolt file that has no bucket of this engine.
func (op *opening) foreign() error {
	// Stores of format 1 have their number elsewhere.
	format, err := boltfile.Lookup(op.file, op.header, []byte("#store"), keyFormat)
	if err == nil && len(format) == 1 && format[0] == 1 {
		return tooOld(op.opts.Format, 1)
	}
	return fmt.Errorf("%w: it is a bbolt file of some other program", ErrNotStore)
}

// tooOld is the error of a file of a format before the first release.
func tooOld(wanted, format byte) error {
	return fmt.Errorf("%w of format %d: it has format %d, of a build before the first release: dump it with such a build, "+
		"and load what was dumped", ErrNotStore, wanted, format)
}

// lookup reads one of the engine's keys; nil if it is missing.
func (op *opening) lookup(key []byte) ([]byte, error) {
	value, err := boltfile.Lookup(op.file, op.header, bucketEngine, key)
	switch {
	case errors.Is(err, boltfile.ErrNoKey):
		return nil, nil
	case isDamage(err):
		err = fmt.Errorf("%w: %w", kv.ErrCorrupt, err)
	}
	return value, err
}

// errScarce is returned by open if there are not enough addresses to map more than the file has. The lock is lost then.
var errScarce = errors.New("no addresses to map more than the file")

// open has bbolt open the file that was locked and looked at.
func (op *opening) open() error {
	if err := handOver(op.file); err != nil {
		return err
	}
	mapped := initialMapSize(op.header.Size)
	if op.opts.ReadOnly || op.scarce {
		mapped = 0
	}
	db, err := op.openBolt(mapped)
	file := op.file
	op.file = nil // bbolt has it, or has closed it
	switch {
	case err == nil:
		op.base = &base{
			db: db, file: file, pageSize: db.Info().PageSize, mapped: mapSize(max(op.header.Size, int64(mapped))),
			packing: op.opts.Packing,
		}
	case mapped > 0 && errors.Is(err, errNoMemory):
		return errScarce
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%w by another process", ErrLocked)
	}
	return err
}

func (op *opening) openBolt(mapped int) (db *bolt.DB, err error) {
	defer func() {
		if r := recover(); r != nil { // bbolt panics on some damage, and would keep the lock
			op.file.Close()
			err = panicked(r)
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if fn := scarceAddresses.Load(); fn != nil && mapped > 0 {
		op.file.Close()
		(*fn)()
		return nil, errNoMemory
	}
	return bolt.Open(op.path, 0, &bolt.Options{
		Timeout:         max(time.Until(op.deadline), time.Millisecond),
		ReadOnly:        op.opts.ReadOnly,
		PreLoadFreelist: true, // for Stats
		FreelistType:    bolt.FreelistMapType,
		InitialMmapSize: mapped,
		OpenFile:        func(string, int, os.FileMode) (*os.File, error) { return op.file, nil },
	})
}

// abandon lets go of everything after a step that failed.
func (op *opening) abandon() {
	if op.base != nil {
		_ = op.base.close()
	} else if op.file != nil {
		_ = op.file.Close()
	}
}

// start makes an engine of what was opened.
func (op *opening) start() (*Engine, error) {
	e := newEngine(op)
	if op.opts.ReadOnly {
		return e, nil
	}
	removeStale(op.path)
	removeCopies(op.path)
	removeAliases(op.path)
	if err := op.clear(); err != nil {
		return nil, errors.Join(err, op.base.close())
	}
	if e.opts.NoLog && e.frozen != nil { // the log ends here
		if err := e.writeGeneration(e.frozen, true); err != nil {
			return nil, errors.Join(err, op.base.close())
		}
		e.drop(e.frozen)
	}
	e.background.Go(e.checkpointer)
	if e.opts.Relaxed {
		e.background.Go(e.syncRegularly)
	}
	if e.frozen != nil {
		e.wake()
	}
	return e, nil
}
