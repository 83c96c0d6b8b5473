package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
	"github.com/kuzzlite/kuzzlite/internal/segment"
)

// ErrExists is returned for a backup to a name that is taken.
var ErrExists = kv.ErrExists

// Backup writes the store, as it is at one moment, to w: a store file that is closed, with an id of its own. The copy is
// made at the speed of the disk, in a temporary file, before the first byte goes to w: so however long w takes, the store
// goes on as if nothing were. It returns the number of bytes written.
func (e *Engine) Backup(ctx context.Context, w io.Writer) (n int64, err error) {
	ctx, cancel := e.whileOpen(ctx)
	defer cancel()
	f, err := e.temporaryForBackup()
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := e.copyTo(ctx, f); err != nil {
		return 0, whyDone(ctx, err)
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
	f, err := temporaryBeside(e.path)
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
	if exists(path) {
		return 0, fmt.Errorf("file %s %w", path, ErrExists)
	}
	removeStale(path)
	f, err := temporaryBeside(path)
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	if info, statErr := f.Stat(); statErr == nil {
		n = info.Size()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	err = linkNew(f.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return 0, fmt.Errorf("file %s %w", path, ErrExists)
	}
	if err := errors.Join(err, osfile.SyncDir(filepath.Dir(path))); err != nil {
		return 0, err
	}
	return n, nil
}

// copyTo makes an empty file a copy of the store: of the base, as a read transaction has it, and then of the overlays
// that belong to it.
func (e *Engine) copyTo(ctx context.Context, f *os.File) error {
	leave := e.readers.enter()
	v, err := e.read(ctx)
	if err != nil {
		leave()
		return err
	}
	v.leave = leave
	err = v.writeBase(&interruptible{ctx: ctx, w: f})
	v.Release()
	if err != nil {
		return err
	}
	db, err := openBolt(f.Name(), 0)
	if err != nil {
		return err
	}
	for _, version := range []*kv.Version{v.frozen, v.active} {
		if err == nil && version != nil {
			err = writeVersion(version, plain{db})
		}
	}
	if err == nil {
		err = db.Update(func(tx *bolt.Tx) error {
			return identify(tx, e.opts.Format, logState{contained: position{end: genesis()}})
		})
	}
	return finish(db, err)
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
		db, err := openBolt(f.Name(), opts.PageSize)
		if err != nil {
			return err
		}
		err = db.Update(func(tx *bolt.Tx) error {
			return identify(tx, opts.Format, logState{contained: position{end: genesis()}})
		})
		if err == nil {
			err = copyView(ctx, v, db)
		}
		return finish(db, err)
	})
}

// copyView puts everything that a view sees into a file, a bucket in each overlay.
func copyView(ctx context.Context, v kv.View, db *bolt.DB) error {
	var names [][]byte
	err := v.Buckets(nil, func(name []byte) bool {
		names = append(names, append([]byte{}, name...))
		return true
	})
	for _, name := range names {
		if err != nil {
			break
		}
		err = copyBucket(ctx, v, name, db)
	}
	return err
}

// copyBucket copies a bucket, in batches of bounded size.
func copyBucket(ctx context.Context, v kv.View, name []byte, db *bolt.DB) error {
	b := &kv.Batch{}
	b.EnsureBucket(name)
	var err error
	scanErr := v.Scan(name, nil, false, func(k, value []byte) bool {
		b.Put(name, k, value)
		if len(b.Encoded()) > sliceBytes {
			err = errors.Join(ctx.Err(), applyTo(db, b))
			b = &kv.Batch{}
		}
		return err == nil
	})
	return errors.Join(scanErr, err, applyTo(db, b))
}

func applyTo(db *bolt.DB, b *kv.Batch) error {
	o := kv.NewOverlay()
	if err := o.Apply(b.Encoded()); err != nil {
		return err
	}
	return writeVersion(o.Version(), plain{db})
}
