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
// store goes on as if nothing were. It returns the number of bytes written. For m the copy is one half, and what goes
// to w the other.
func (e *Engine) Backup(ctx context.Context, w io.Writer, m kv.Meter) (n int64, err error) {
	ctx, cancel := e.whileOpen(ctx)
	defer cancel()
	file, above := e.sizes()
	half := file + above
	f, err := e.temporaryForBackup()
	if err != nil {
		return 0, noRoomForCopy(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := e.copyTo(ctx, f, m.Part(0, half, 2*half)); err != nil {
		return 0, whyDone(ctx, noRoomForCopy(err))
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return 0, err
	}
	out := &interruptible{ctx: ctx, w: w, meter: m.Part(half, 2*half, 2*half), size: size}
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
func (e *Engine) BackupFile(ctx context.Context, path string, m kv.Meter) (n int64, err error) {
	ctx, cancel := e.whileOpen(ctx)
	defer cancel()
	n, err = MakeFile(path, func(f *os.File) error { return e.copyTo(ctx, f, m) })
	return n, whyDone(ctx, err)
}

// MakeFile makes a file under a temporary name, has it filled, and gives it its name once it is durable. It never
// overwrites: ErrExists. It returns the size in bytes.
func MakeFile(path string, fill func(f *os.File) error) (n int64, err error) {
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

// sizes are how many bytes there are in the file, and in memory above it. Who has a view must not ask for them: see
// verifyLog.
func (e *Engine) sizes() (file, above int64) {
	st := e.Describe()
	return st.FileSize, st.OverlayBytes + st.FrozenBytes
}

// copyTo makes an empty file a copy of the store, with an id of its own.
func (e *Engine) copyTo(ctx context.Context, f *os.File, m kv.Meter) error {
	return e.copyAs(ctx, f, m, func(to *privateFile) error { return to.identify(e.opts.Format) })
}

// copyAs makes an empty file a copy of the store: of the base, as a read transaction has it, and then of the overlays
// that belong to it. Identify says whose file it is.
func (e *Engine) copyAs(ctx context.Context, f *os.File, m kv.Meter, identify func(*privateFile) error) error {
	file, above := e.sizes()
	v, err := e.readLong(ctx)
	if err != nil {
		return err
	}
	base := m.Part(0, file, file+above)
	err = v.writeBase(&interruptible{ctx: ctx, w: f, meter: base, size: v.reader.tx.Size()})
	v.Release()
	if err != nil {
		return err
	}
	// bbolt trusts what it is given, and what was copied is looked at as Open would look at it.
	if err := (&opening{file: f}).inspect(); err != nil {
		return err
	}
	to, err := openPrivate(f.Name(), 0, e.opts.Packing)
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

	meter         kv.Meter // told of what was written
	written, size int64    // in bytes; size is that of all that will be
}

func (i *interruptible) Write(b []byte) (n int, err error) {
	if i.err = i.ctx.Err(); i.err != nil {
		return 0, i.err
	}
	i.inside = true
	n, i.err = i.w.Write(b)
	i.inside = false
	i.written += int64(n)
	i.meter.Tell(i.written, i.size)
	return n, i.err
}

// Export writes what a view of any engine sees into a new store file. It never overwrites: ErrExists. With m it reads
// the view twice, the first time to see how much there is.
func Export(ctx context.Context, v kv.View, path string, o *Options, m kv.Meter) (n int64, err error) {
	opts := o.resolved()
	return MakeFile(path, func(f *os.File) error {
		c := copying{ctx: ctx, from: v, meter: m}
		if m != nil {
			if c.total, err = kv.Size(ctx, v); err != nil {
				return err
			}
		}
		if c.to, err = openPrivate(f.Name(), opts.PageSize, opts.Packing); err != nil {
			return err
		}
		err = c.to.identify(opts.Format)
		if err == nil {
			err = c.view()
		}
		return c.to.finish(err)
	})
}

// copying is one run of Export.
type copying struct {
	ctx         context.Context
	from        kv.View
	to          *privateFile
	meter       kv.Meter
	done, total int64 // bytes of keys and values
}

// view puts everything that the view sees into the file, a bucket in each overlay.
func (c *copying) view() error {
	var names [][]byte
	err := c.from.Buckets(nil, func(name []byte) bool {
		names = append(names, append([]byte{}, name...))
		return true
	})
	for _, name := range names {
		if err != nil {
			break
		}
		err = c.bucket(name)
	}
	return err
}

// bucket copies a bucket, in batches of bounded size.
func (c *copying) bucket(name []byte) error {
	b := &kv.Batch{}
	b.EnsureBucket(name)
	var err error
	scanErr := c.from.Scan(name, nil, false, func(k, value []byte) bool {
		b.Put(name, k, value)
		c.done += int64(len(k) + len(value))
		if len(b.Encoded()) > sliceBytes {
			err = errors.Join(c.ctx.Err(), applyTo(c.to, b))
			b = &kv.Batch{}
		}
		c.meter.Tell(c.done, c.total)
		return err == nil
	})
	return errors.Join(scanErr, err, applyTo(c.to, b))
}

func applyTo(to *privateFile, b *kv.Batch) error {
	o := kv.NewOverlay()
	if err := o.Apply(b.Encoded()); err != nil {
		return err
	}
	return writeVersion(o.Version(), to)
}
