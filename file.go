package kuzzlite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
	"github.com/kuzzlite/kuzzlite/internal/wal"
)

// Opening and creating the file of a store. Three rules, each for a way in which bbolt alone loses a file or a process:
//
//   - A file is created under a temporary name, closed, and linked to its name, which fails if there is one by then:
//     so a file at the path is whole, and two processes that create it at once end up with the same one.
//   - Nothing is mapped that was not looked at by plain reads first: bbolt follows the page ids of a damaged file
//     in goroutines of its own, where a fault ends the process.
//   - The lock is taken before the look, and the file must still be the one at the path afterwards: Compact
//     replaces it.

// formatVersion is the number of the format on disk, see docs/format.md.
const formatVersion = 1

// The buckets that are not an index: '#' is not allowed in the name of one.
var (
	bucketStore   = []byte("#store")
	bucketChanges = []byte("#changes")

	keyFormat  = []byte("format")
	keyStoreID = []byte("id")
)

// walkSize is up to what size, in bytes, a file that was closed cleanly is looked through when it is opened. bbolt
// trusts such a file's list of free pages, and a page that leads back to itself ends the process.
const walkSize = 64 << 20

// openOrCreate opens the store at path, and creates it first if there is none.
func openOrCreate(path string, o *Options) (*engine, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !o.ReadOnly:
		var live bool
		if live, err = hasLog(path); live && !exists(path) { // or another process has just created it
			err = fmt.Errorf("%w: it is missing, but its log %s is there: if it was removed on purpose remove that too",
				ErrCorrupt, logPath(path))
		}
		if err == nil {
			err = createStoreFile(path, o.pageSize)
		}
	case err == nil && !info.Mode().IsRegular():
		err = fmt.Errorf("%w: not a regular file", ErrNotStore)
	}
	if err != nil {
		return nil, err
	}
	e, err := openStoreFile(path, o)
	if err == nil && !o.ReadOnly {
		removeStale(path)
	}
	return e, err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// openStoreFile opens the store at path. It does not create one.
func openStoreFile(path string, o *Options) (e *engine, err error) {
	var file *os.File
	var log *wal.Log // of a store that was not closed
	defer func() {
		if r := recover(); r != nil { // bbolt panics on some damage, and would keep the lock
			err = panicked(r)
		}
		if err != nil && file != nil {
			file.Close()
		}
		if err != nil && log != nil {
			log.Close()
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))

	var size int64
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	db, err := bolt.Open(path, 0, &bolt.Options{
		Timeout:         max(o.LockTimeout, time.Millisecond),
		ReadOnly:        o.ReadOnly,
		PreLoadFreelist: true, // for Stats
		NoFreelistSync:  true,
		FreelistType:    bolt.FreelistMapType,
		NoSync:          true, // until withLog
		NoGrowSync:      true,
		InitialMmapSize: o.reserved(size),
		OpenFile: func(path string, flag int, _ os.FileMode) (*os.File, error) {
			file, log, err = openLocked(path, flag&^os.O_CREATE, o)
			return file, err
		},
	})
	if errors.Is(err, berrors.ErrTimeout) { // where the lock is left to bbolt
		err = fmt.Errorf("%w by another process", ErrLocked)
	}
	if err != nil {
		return nil, err
	}
	e = &engine{db: db, file: file}
	err = checkFormat(db)
	if err == nil {
		err = e.withLog(log, path, o)
	}
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

// withLog does what is in the log again, if there is one, and puts one in front of the engine, if the options say so.
func (e *engine) withLog(log *wal.Log, path string, o *Options) error {
	if o.ReadOnly {
		return nil
	}
	a := newAhead(e, path, o)
	e.ahead = a // from here on close lets go of what it holds
	if log != nil {
		if err := a.recover(log); err != nil {
			return err
		}
	}
	if o.Log == LogOff {
		if err := a.retire(); err != nil {
			return err
		}
		e.ahead = nil
		e.db.NoSync, e.db.NoGrowSync = false, false
	}
	return nil
}

// initialMapSize reserves address space for a file of size bytes, so that it is seldom mapped anew when it grows: bbolt
// waits for all readers to do that. Windows would grow the file at once.
func initialMapSize(size int64) int {
	if bits.UintSize == 64 && runtime.GOOS != "windows" {
		return int(max(1<<30, 2*size))
	}
	return 0
}

// reserved is initialMapSize, unless a test wants another.
func (o *Options) reserved(size int64) int {
	if o.mapped != 0 {
		return o.mapped
	}
	return initialMapSize(size)
}

const lockRetryInterval = 20 * time.Millisecond

// openLocked opens and locks the file at path and looks whether it can be handed to bbolt. If the store was not closed it
// leads the file back to where its log begins, and returns the log too.
func openLocked(path string, flag int, o *Options) (*os.File, *wal.Log, error) {
	deadline := time.Now().Add(o.LockTimeout)
	for {
		f, err := os.OpenFile(path, flag, 0)
		if osfile.IsInUse(err) {
			err = fmt.Errorf("%w by another program, which lets nobody else open it: %w", ErrLocked, err)
			if time.Now().Before(deadline) {
				time.Sleep(lockRetryInterval)
				continue
			}
		}
		if err != nil {
			return nil, nil, err
		}
		log, same, err := lockAndPrepare(f, path, o, deadline)
		if err == nil && same {
			return f, log, nil
		}
		f.Close()
		// Two errors may pass: that the file is locked, for which lockFile does not wait on Windows, so this loop does; and
		// where the lock is left to bbolt any, as what looks like damage may be a commit of another process.
		final := locksFirst && !errors.Is(err, ErrLocked)
		if err != nil && (final || !time.Now().Before(deadline)) {
			return nil, nil, err
		}
		time.Sleep(lockRetryInterval)
	}
}

// lockAndPrepare makes a file ready for bbolt, if path still leads to it.
func lockAndPrepare(f *os.File, path string, o *Options, deadline time.Time) (log *wal.Log, same bool, err error) {
	if err := lockFile(f, !o.ReadOnly, deadline); err != nil {
		return nil, false, err
	}
	if !o.swapping && isSwapped(path) {
		return nil, false, fmt.Errorf("%w by another process, which compacts it", ErrLocked)
	}
	if same, err = isFileAt(f, path); err != nil || !same {
		return nil, same, err
	}
	if log, err = prepareFile(f, path, o); err != nil {
		return nil, same, err
	}
	if err = handOver(f); err != nil && log != nil {
		log.Close()
	}
	return log, same, err
}

// prepareFile looks at a locked file, and mends what a crash has left.
func prepareFile(f *os.File, path string, o *Options) (log *wal.Log, err error) {
	if o.ReadOnly {
		live, err := hasLog(path)
		if live {
			err = fmt.Errorf("%w: open it for writing once", ErrNeedsRecovery)
		}
		if err == nil {
			err = inspectFile(f, false)
		}
		return nil, err
	}
	if !locksFirst { // another process may be at work
		live, err := hasLog(path)
		if live {
			err = fmt.Errorf("%w: on %s a store with a log cannot be opened", ErrNeedsRecovery, runtime.GOOS)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := settleFile(f, path); err != nil {
		return nil, err
	}
	if locksFirst {
		if log, err = leadBack(f, path); err != nil {
			return nil, err
		}
	}
	if err := inspectFile(f, log != nil); err != nil {
		if log != nil {
			log.Close()
		}
		return nil, err
	}
	return log, nil
}

// settleFile makes durable what is read from the file from here on. A process that was killed may have left a commit, or
// the name of the file, in the memory of the system only; a commit on top of that would write over pages that the disk
// still needs. If the file was not closed cleanly, what the system remembers of it is let go then, so that what is read is
// what the disk has: after a failed sync they can differ.
func settleFile(f *os.File, path string) error {
	if err := errors.Join(f.Sync(), osfile.SyncDir(filepath.Dir(path))); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if header, err := boltfile.ReadHeader(f, info.Size()); err != nil || !header.FreelistSynced {
		osfile.Forget(f)
	}
	return nil
}

// isFileAt says whether path still names f, or whether it was replaced meanwhile.
func isFileAt(f *os.File, path string) (bool, error) {
	mine, err := f.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return os.SameFile(mine, there), err
}

// inspectFile looks at the file by plain reads: at its header always, and at every page if the file is small, if bbolt is
// going to walk them all, which it does when the file was not closed cleanly, or if the caller wants that.
func inspectFile(f *os.File, whole bool) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	header, err := boltfile.ReadHeader(f, info.Size())
	if err != nil {
		return headerError(err)
	}
	if header.FreelistSynced && info.Size() > walkSize && !whole {
		return nil
	}
	report, err := boltfile.Walk(context.Background(), f, header, nil)
	if err != nil {
		return err
	}
	if len(report.Problems) > 0 && report.Lost == 0 {
		return fmt.Errorf("%w: problem 1 of %d: %s", ErrCorrupt, len(report.Problems), report.Problems[0])
	}
	return nil
}

// checkFormat refuses a bbolt file that is not a store, and a store of a later format.
func checkFormat(db *bolt.DB) error {
	return db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketStore)
		if b == nil {
			return fmt.Errorf("%w: it is a bbolt file of some other program", ErrNotStore)
		}
		if tx.Bucket(bucketChanges) == nil {
			return fmt.Errorf("%w: its change feed is missing", ErrCorrupt)
		}
		format := b.Get(keyFormat)
		if len(format) != 1 {
			return fmt.Errorf("%w: its format number is missing", ErrCorrupt)
		}
		if format[0] != formatVersion {
			return fmt.Errorf("%w of format %d, which is all this release reads: it has format %d, use a newer release",
				ErrNotStore, formatVersion, format[0])
		}
		return nil
	})
}

// createStoreFile makes an empty store at path, of pages of pageSize bytes, or of the machine's if that is 0. If
// another process was faster, theirs stays and that is fine.
func createStoreFile(path string, pageSize int) error {
	removeStale(path)
	f, err := temporaryBeside(path)
	if err != nil {
		return err
	}
	tmp := f.Name()
	defer os.Remove(tmp)
	if err := f.Close(); err != nil {
		return err
	}
	db, err := bolt.Open(tmp, 0o600, &bolt.Options{
		Timeout: time.Second, FreelistType: bolt.FreelistMapType, PageSize: pageSize,
	})
	if err != nil {
		return err
	}
	if err := errors.Join(initStore(db), db.Close()); err != nil {
		return err
	}
	if err := osfile.SyncPath(tmp); err != nil {
		return err
	}
	if err := linkNew(tmp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return osfile.SyncDir(filepath.Dir(path))
}

// initStore writes what makes a bbolt file a store.
func initStore(db *bolt.DB) error {
	return db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket(bucketStore)
		if err != nil {
			return err
		}
		id := make([]byte, 16)
		rand.Read(id)
		if err := errors.Join(b.Put(keyFormat, []byte{formatVersion}), b.Put(keyStoreID, id)); err != nil {
			return err
		}
		_, err = tx.CreateBucket(bucketChanges)
		return err
	})
}

// headerError turns what is wrong with a file's header into an error of this package.
func headerError(err error) error {
	if errors.Is(err, boltfile.ErrNotBolt) || errors.Is(err, boltfile.ErrEmpty) {
		return fmt.Errorf("%w: %w", ErrNotStore, err)
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}
