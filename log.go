package kuzzlite

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
	"github.com/kuzzlite/kuzzlite/internal/wal"
)

// The write-ahead log in front of the bbolt file. docs/reliability.md has the argument why each moment is safe to crash
// at; in short:
//
//   - A commit appends what it does to the log, syncs that, and only then commits to bbolt, which syncs nothing. So
//     whoever reads sees only what is durable, and the disk writes in one place and once. (A commit that is larger than a
//     record can be is seen before the checkpoint that makes it durable, and with Relaxed durability comes later anyway.)
//   - A checkpoint is a state of the bbolt file that is durable: it is synced, then its meta page is saved in the head
//     of the log, which voids the records so far.
//   - From one checkpoint to the next a read transaction pins the first: bbolt gives none of its pages to those who
//     write. So whatever the system has written of the commits since, and in whatever order, the checkpoint is whole.
//   - After a crash the saved meta page is written back, and the records are done again. It does not matter how
//     often that is cut off.
//   - A store that was closed has no log.
//
// A pin has a price: bbolt cannot map its file anew while a transaction reads, so a commit that outgrows the mapping would
// wait for the pin for ever. It waits for maxPinned, then the pin gives way. That is safe once the commit has begun, for
// bbolt takes pages out of the pin's hands at the beginning of a transaction only: no transaction may begin between letting
// go and the next checkpoint.

// When a checkpoint is due, beside Options.CheckpointSize.
const (
	// checkpointCommits is for small commits: bbolt looks through a list of those since the pin with each.
	checkpointCommits = 256

	// checkpointGrowth is in bytes of the bbolt file, which only grows if it must: as long as there is the pin, bbolt does
	// not use pages again that it has put at the end of the file since.
	checkpointGrowth = 16 << 20
)

// maxPinned is how long a commit may take before it must do without the pin, for which it may be waiting. The mapping
// is outgrown once in a GiB at most, but where addresses are scarce, and on Windows, where it is no larger than the
// file: there each time the file has doubled, up to 1 GiB.
const maxPinned = 100 * time.Millisecond

// ahead is the log in front of an engine. Only the one who writes may use it, but for what says otherwise.
type ahead struct {
	e        *engine
	store    string // path of the bbolt file
	relaxed  bool
	limit    int64         // Options.CheckpointSize
	patience time.Duration // how long a commit may take with the pin

	log     *wal.Log // nil: none yet
	commits int      // since the checkpoint
	from    int64    // bytes of the bbolt file then
	grown   int64    // bytes by which it has grown since

	mu  sync.Mutex // guards pin
	pin *bolt.Tx   // nil: there must be a checkpoint before the next transaction

	flushing sync.WaitGroup
	flushed  bool  // since the checkpoint
	flushErr error // of that, once flushing is over

	size        atomic.Int64 // of the log, for Stats
	checkpoints atomic.Uint64
	latest      atomic.Int64 // checkpoint, in ns since 1970
}

// logPath is where the log of the store at path is: beside it, under its name and a suffix, or where that is too long
// for a name, under a hash of it.
func logPath(path string) string {
	const suffix, longest = "-log", 255
	if len(filepath.Base(path))+len(suffix) > longest {
		return hiddenBeside(path, suffix)
	}
	return path + suffix
}

// newAhead returns the log in front of an engine whose file is at path.
func newAhead(e *engine, path string, o *Options) *ahead {
	return &ahead{
		e: e, store: path, relaxed: o.Durability == Relaxed, limit: int64(o.CheckpointSize),
		patience: cmp.Or(o.patience, maxPinned),
	}
}

// ready makes the log ready for another transaction, which has not begun. After an error with ErrOutcomeUnknown there can
// be none any more.
func (a *ahead) ready() error {
	switch {
	case a.log == nil:
		return a.create()
	case a.isDue(1, 1) || a.pinned() == nil:
		return a.checkpoint()
	case a.isDue(3, 4):
		a.flush()
	}
	return nil
}

// isDue says whether n/d of what makes a checkpoint due is reached.
func (a *ahead) isDue(n, d int64) bool {
	return a.log.Size()*d >= a.limit*n || int64(a.commits)*d >= checkpointCommits*n || a.grown*d >= checkpointGrowth*n
}

// create makes a log for the file as it is.
func (a *ahead) create() error {
	if same, err := isFileAt(a.e.file, a.store); err != nil || !same {
		return errors.Join(err, fmt.Errorf("nothing was written: another file has taken the place of %s", a.store))
	}
	path := logPath(a.store)
	if exists(path) { // one that was ended is removed, of any other wal.Create says that it is there
		if log, err := openLog(a.store); err == nil && log != nil {
			_ = log.Close()
		}
	}
	if err := a.part(); err != nil {
		return err
	}
	pin, base, err := a.state()
	if err != nil {
		return err
	}
	f, err := temporaryBeside(a.store)
	if err == nil {
		likeFile(f, a.e.file)
		a.log, err = wal.Create(f, path, base)
	}
	if err != nil {
		a.e.unpin(pin)
		_, left := os.Lstat(path)
		switch {
		case isDiskFull(err) && errors.Is(left, fs.ErrNotExist):
			return noRoom(err)
		case errors.Is(err, wal.ErrUnknown):
			return fmt.Errorf("%w: create the log: %w", ErrOutcomeUnknown, err)
		case errors.Is(err, fs.ErrPermission):
			err = fmt.Errorf("%w: it needs the right to create files beside the store, or LogOff", err)
		}
		return fmt.Errorf("nothing was written: create the log: %w", err)
	}
	a.begin(pin)
	return nil
}

// part makes the file differ from every copy that was made of it, by a commit that changes nothing: so that a log made
// now is not taken for one of a backup that was put in its place.
func (a *ahead) part() error {
	tx, err := a.e.begin(true)
	if err != nil {
		return err
	}
	defer a.e.end(tx)
	id := uint64(tx.ID())
	err = a.e.commitBolt(tx)
	if err != nil && isDiskFull(err) && !a.e.mayHave(id) {
		return noRoom(err)
	}
	if err == nil {
		err = a.settle()
	}
	if err != nil {
		return fmt.Errorf("%w: create the log: %w", ErrOutcomeUnknown, err)
	}
	return nil
}

func noRoom(err error) error {
	return fmt.Errorf("%w, nothing was written: free some space and try again: %w", ErrDiskFull, err)
}

// commit makes a transaction durable, and then visible. maybe says that it may be there although it failed; otherwise the
// disk is full, and nothing was written.
func (a *ahead) commit(tx *bolt.Tx, r *redo) (maybe bool, err error) {
	id := uint64(tx.ID())
	logged := wal.Fits(r.record)
	if logged {
		r.record = slices.Grow(r.record, wal.PageSize) // or Append would copy it, to fill the last page
		if err := a.append(r.record); err != nil {
			a.release() // a checkpoint may give back what there is no room for
			return errors.Is(err, wal.ErrUnknown) || !isDiskFull(err), err
		}
	}
	a.grown = tx.Size() - a.from
	pin := a.pinned()
	late := time.AfterFunc(a.patience, func() { a.let(pin) })
	err = a.e.commitBolt(tx)
	if !late.Stop() { // it lets go now or has done so: not between what ready sees and the next transaction
		a.let(pin)
	}
	switch {
	case err == nil:
		a.commits++
	case !isDiskFull(err) || a.e.mayHave(id):
		return true, err
	case logged:
		withdrawErr := a.log.Withdraw()
		a.let(pin)
		return withdrawErr != nil, errors.Join(err, withdrawErr)
	default:
		a.let(pin)
		return false, err
	}
	a.size.Store(a.log.Size())
	if !logged { // it is as durable as a checkpoint makes it
		err = a.checkpoint()
	}
	return err != nil, err
}

func (a *ahead) append(record []byte) error {
	if err := a.log.Append(record); err != nil || a.relaxed {
		return err
	}
	return a.log.Sync()
}

// sync makes everything committed durable.
func (a *ahead) sync() error {
	if a.log == nil {
		return nil
	}
	return a.log.Sync()
}

// checkpoint makes the bbolt file durable and voids the records of the log. It may fail with ErrOutcomeUnknown only.
func (a *ahead) checkpoint() error {
	if err := a.newCheckpoint(); err != nil {
		return fmt.Errorf("%w: checkpoint: %w", ErrOutcomeUnknown, err)
	}
	return nil
}

func (a *ahead) newCheckpoint() error {
	if err := a.settle(); err != nil {
		return err
	}
	pin, base, err := a.state()
	if err != nil {
		return err
	}
	if err := a.log.Reset(base); err != nil {
		a.e.unpin(pin)
		return err
	}
	a.begin(pin)
	return nil
}

// settle makes the bbolt file durable.
func (a *ahead) settle() error {
	a.flushing.Wait()
	return errors.Join(a.flushErr, syncDB(a.e.db))
}

// flush has the system write what it has of the bbolt file meanwhile, so that the checkpoint has little left to wait for.
func (a *ahead) flush() {
	if a.flushed || !a.e.use.TryRLock() {
		return
	}
	a.flushed = true
	a.flushing.Go(func() {
		defer a.e.use.RUnlock()
		a.flushErr = syncDB(a.e.db)
	})
}

// state returns the newest state of the bbolt file, pinned, and how to get back to it.
func (a *ahead) state() (pin *bolt.Tx, base []byte, err error) {
	if pin, err = a.e.pin(); err != nil {
		return nil, nil, err
	}
	size, err := a.e.size()
	if err == nil {
		var c boltfile.Checkpoint
		if c, err = boltfile.ReadCheckpoint(a.e.file, size, uint64(pin.ID())); err == nil {
			return pin, c.Encode(), nil
		}
		err = headerError(err)
	}
	a.e.unpin(pin)
	return nil, nil, err
}

// succeed takes the place of the log of a file that was compacted.
func (a *ahead) succeed(old *ahead) {
	a.store, a.e.recovery = old.store, old.e.recovery
	a.checkpoints.Store(old.checkpoints.Load())
	a.latest.Store(old.latest.Load())
}

// begin begins the time of a checkpoint, of which pin is.
func (a *ahead) begin(pin *bolt.Tx) {
	a.release()
	a.mu.Lock()
	a.pin = pin
	a.mu.Unlock()
	a.from, a.commits, a.grown = pin.Size(), 0, 0
	a.flushed, a.flushErr = false, nil
	a.size.Store(0)
	a.checkpoints.Add(1)
	a.latest.Store(time.Now().UnixNano())
}

// release lets go of the checkpoint. There must be another one before a transaction begins.
func (a *ahead) release() { a.let(a.pinned()) }

// let is release, if the pin is still the one given. Anyone may call it.
func (a *ahead) let(pin *bolt.Tx) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pin == pin && pin != nil {
		a.e.unpin(pin)
		a.pin = nil
	}
}

func (a *ahead) pinned() *bolt.Tx {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pin
}

// retire ends the log: the bbolt file alone is the store then. The next transaction needs a new one.
func (a *ahead) retire() error {
	if a.log == nil {
		return nil
	}
	if err := a.settle(); err != nil {
		return err
	}
	log := a.log
	a.log = nil
	a.release()
	a.size.Store(0)
	return log.Remove()
}

// close lets go of everything. The log stays as it is.
func (a *ahead) close() {
	a.release()
	if a.log != nil {
		_ = a.log.Close() // all that counts in it is synced
	}
}

// describe tells of the log. Anyone may call it.
func (a *ahead) describe(st *Stats) {
	st.LogSize, st.Checkpoints = a.size.Load(), a.checkpoints.Load()
	if ns := a.latest.Load(); ns != 0 {
		st.LastCheckpoint = time.Unix(0, ns)
	}
}

// recover does what is in a log again, whose checkpoint the file was led back to before it was opened. It does so in one
// transaction, which needs no pin: the pages of the checkpoint are not free when it begins. The log is in use then.
func (a *ahead) recover(log *wal.Log) error {
	begun := time.Now()
	tx, err := a.e.begin(true)
	if err != nil {
		return err
	}
	defer a.e.end(tx)
	c, err := boltfile.DecodeCheckpoint(log.Base())
	if err != nil {
		return headerError(err)
	}
	if uint64(tx.ID()) != c.Txid()+1 {
		return errors.New("another program has written to the file while it was opened: open it again")
	}
	for _, record := range log.Found() {
		if err := replay(tx, record); err != nil {
			return err
		}
	}
	if err := a.e.commitBolt(tx); err != nil {
		if isDiskFull(err) {
			err = fmt.Errorf("%w: what is in the log needs room in the store: %w", ErrDiskFull, err)
		}
		return err
	}
	a.log = log
	if err := a.newCheckpoint(); err != nil {
		return err // the log is as it was, or void and the file durable
	}
	a.e.recovery = time.Since(begun)
	return nil
}

// leadBack looks whether the store at path has a log, and leads its file back to the checkpoint of that. It returns nil
// where there is nothing to do again.
func leadBack(f *os.File, path string) (*wal.Log, error) {
	log, err := openLog(path)
	if log == nil || err != nil {
		return nil, err
	}
	osfile.Forget(f)
	if err := leadBackTo(f, log.Base()); err != nil {
		log.Close()
		if errors.Is(err, boltfile.ErrOther) {
			return nil, fmt.Errorf("%w: the log %s does not belong to this file: if the file is a restored backup remove the log, "+
				"otherwise keep it and restore a backup: %w", ErrCorrupt, logPath(path), err)
		}
		return nil, err
	}
	return log, nil
}

func leadBackTo(f *os.File, base []byte) error {
	c, err := boltfile.DecodeCheckpoint(base)
	if err != nil {
		return headerError(err)
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := c.Restore(f, info.Size()); err != nil {
		return err
	}
	return osfile.SyncData(f)
}

// openLog opens the log of the store at path; nil if there is none, or one that was ended, of which what is left is removed.
func openLog(path string) (*wal.Log, error) {
	log, err := wal.Open(logPath(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, logError(path, err)
	case log.Closed():
		return nil, log.Remove()
	}
	return log, nil
}

// hasLog says whether the store at path has a log that counts. It changes nothing.
func hasLog(path string) (bool, error) {
	live, err := wal.Live(logPath(path))
	return live, logError(path, err)
}

// logError turns what is wrong with a log into an error of this package.
func logError(path string, err error) error {
	if errors.Is(err, wal.ErrCorrupt) {
		return fmt.Errorf("%w: %s: %w: move the log away and restore a backup", ErrCorrupt, logPath(path), err)
	}
	return err
}
