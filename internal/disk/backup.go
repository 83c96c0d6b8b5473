package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
	"github.com/kuzzlite/kuzzlite/internal/segment"
)

// ErrExists is returned for a backup to a name that is taken.
var ErrExists = kv.ErrExists

// Backup writes the store, as it is at one moment, to w: a store file that is closed, with an id of its own. The copy
// is made at the speed of the disk, in a temporary file, before the first byte goes to w: so however long w takes, the
// store goes on as if nothing were. It returns the number of bytes written.
func (e *Engine) Backup(ctx context.Context, w io.Writer) (n int64, err error) {
	ctx, cancel := e.whileOpen(ctx)
	defer cancel()
	f, err := e.temporaryForBackup()
	if err != nil {
		return 0, noRoomForCopy(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := e.copyTo(ctx, f); err != nil {
		return 0, whyDone(ctx, noRoomForCopy(err))
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	out := &interruptible{ctx: ctx, w: w}
	n, err = io.Copy(out, f)
	return n, whyDone(ctx, err)
}

// temporaryForBackup creates a temporary file: beside the store, or where the system has them if that may not be.
func (e *Engine) temporaryForBackup() (*os.File, error) {
	f, err := temporaryBeside(e.path, copyPattern(e.path))
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errReadOnlyFileSystem) {
		return os.CreateTemp("", filepath.Base(temporaryPattern(e.path)))
	}
	return f, err
}

// BackupFile is Backup to a new file, which is there whole or not at all. It never overwrites: ErrExists.
func (e *Engine) BackupFile(ctx context.Context, path string) (n int64, err error) {
	ctx, cancel := e.whileOpen(ctx)
	defer cancel()
	n, err = makeFile(path, func(f *os.File) error { return e.copyTo(ctx, f) })
	return n, whyDone(ctx, err)
}

// makeFile makes a file under a temporary name, has it filled, and gives it its name once it is durable.
func makeFile(path string, fill func(f *os.File) error) (n int64, err error) {
	if path == "" {
		return 0, fmt.Errorf("%w path: it is empty", kv.ErrInvalid)
	}
	if exists(path) {
		return 0, fmt.Errorf("file %s %w", path, ErrExists)
	}
	removeStale(path)
	f, err := temporaryBeside(path, temporaryPattern(path))
	if err != nil {
		return 0, noRoomForCopy(err)
	}
	defer os.Remove(f.Name())
	n, err = filled(f, fill)
	if err != nil {
		return 0, noRoomForCopy(err)
	}
	err = linkNew(f.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return 0, fmt.Errorf("file %s %w", path, ErrExists)
	}
	if err := errors.Join(err, osfile.SyncDir(filepath.Dir(path))); err != nil {
		return 0, noRoomForCopy(err)
	}
	return n, nil
}

// filled has a file filled, makes that durable, and closes the file. It returns the size in bytes.
func filled(f *os.File, fill func(f *os.File) error) (n int64, err error) {
	err = fill(f)
	if err == nil {
		_ = lockFile(f, true, time.Time{}) // against removeStale: a sync may take long
		err = f.Sync()
	}
	if info, statErr := f.Stat(); statErr == nil {
		n = info.Size()
	}
	return n, errors.Join(err, f.Close())
}

// copyTo makes an empty file a copy of the store, with an id of its own.
func (e *Engine) copyTo(ctx context.Context, f *os.File) error {
	return e.copyAs(ctx, f, func(to *privateFile) error { return to.identify(e.opts.Format) })
}

// copyAs makes an empty file a copy of the store: of the base, as a read transaction has it, and then of the overlays
// that belong to it. Identify says whose file it is.
func (e *Engine) copyAs(ctx context.Context, f *os.File, identify func(*privateFile) error) error {
	v, err := e.readLong(ctx)
	if err != nil {
		return err
	}
	err = v.writeBase(&interruptible{ctx: ctx, w: f})
	v.Release()
	if err != nil {
		return err
	}
	// bbolt trusts what it is given, and what was copied is looked at as Open would look at it.
	if err := (&opening{file: f}).inspect(); err != nil {
		return err
	}
	to, err := openPrivate(f.Name(), 0)
	if err != nil {
		return err
	}
	for _, version := range []*kv.Version{v.frozen, v.active} {
		if err == nil && version != nil {
			err = writeVersion(version, to)
		}
	}
	if err == nil {
		err = identify(to)
	}
	return to.finish(err)
}

// genesis is the end of the log of a store that never had one.
func genesis() segment.Link { return segment.Header{Nonce: segment.NewNonce()}.Start() }

// writeBase writes the base of the view.
func (v *view) writeBase(w *interruptible) (err error) {
	defer guardAround(&w.inside, &err)
	_, err = v.reader.tx.WriteTo(w)
	switch {
	case w.err != nil:
		return w.err // bbolt's has the same text only
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: the file ends before its last page", kv.ErrCorrupt)
	}
	return err
}

// interruptible is a writer that ends with a context. It keeps w's error, of which bbolt passes on the text only.
type interruptible struct {
	ctx    context.Context
	w      io.Writer
	inside bool // w is writing
	err    error
}

func (i *interruptible) Write(b []byte) (n int, err error) {
	if i.err = i.ctx.Err(); i.err != nil {
		return 0, i.err
	}
	i.inside = true
	n, i.err = i.w.Write(b)
	i.inside = false
	return n, i.err
}

// Export writes what a view of any engine sees into a new store file. It never overwrites: ErrExists.
func Export(ctx context.Context, v kv.View, path string, o *Options) (n int64, err error) {
	opts := o.resolved()
	return makeFile(path, func(f *os.File) error {
		to, err := openPrivate(f.Name(), opts.PageSize)
		if err != nil {
			return err
		}
		err = to.identify(opts.Format)
		if err == nil {
			err = copyView(ctx, v, to)
		}
		return to.finish(err)
	})
}

// copyView puts everything that a view sees into a file, a bucket in each overlay.
func copyView(ctx context.Context, v kv.View, to *privateFile) error {
	var names [][]byte
	err := v.Buckets(nil, func(name []byte) bool {
		names = append(names, append([]byte{}, name...))
		return true
	})
	for _, name := range names {
		if err != nil {
			break
		}
		err = copyBucket(ctx, v, name, to)
	}
	return err
}

// copyBucket copies a bucket, in batches of bounded size.
func copyBucket(ctx context.Context, v kv.View, name []byte, to *privateFile) error {
	b := &kv.Batch{}
	b.EnsureBucket(name)
	var err error
	scanErr := v.Scan(name, nil, false, func(k, value []byte) bool {
		b.Put(name, k, value)
		if len(b.Encoded()) > sliceBytes {
			err = errors.Join(ctx.Err(), applyTo(to, b))
			b = &kv.Batch{}
		}
		return err == nil
	})
	return errors.Join(scanErr, err, applyTo(to, b))
}

func applyTo(to *privateFile, b *kv.Batch) error {
	o := kv.NewOverlay()
	if err := o.Apply(b.Encoded()); err != nil {
		return err
	}
	return writeVersion(o.Version(), to)
}
