package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// Putting a copy of a backup in the place of a store. At every moment the path leads to the old store with its log, or
// to the new one:
//
//   - The store is locked from the beginning, and the new file before it gets the name: nobody else opens either.
//   - The old file and its log get second names first, those under which they are kept. If a crash comes before the old
//     file has lost its own name, the next Open or Restore removes the second names, and leaves every file that has no
//     other name. Where there are no hard links the second names are those of copies, which stay.
//   - Nothing that lies beside the store loses its own name before the new file durably has that of the old one:
//     neither the log of the old store, nor logs of other stores that lie among its own.
//   - All these logs are still beside the new file when it gets the name. The new file remembers each of them as one
//     that is not needed: so none is replayed, or keeps the new file from being opened, and Restore or the next Open
//     removes them.

// RestoreOptions are those of BeginRestore.
type RestoreOptions struct {
	LockTimeout time.Duration // negative: do not wait
	DiscardOld  bool          // do not keep the old store
}

// Restoring is a store that is about to be replaced. It is locked until Close.
type Restoring struct {
	path string
	opts RestoreOptions
	file *os.File    // of the store, locked; nil if there is none, or once it is closed
	info os.FileInfo // of the file; nil if there is none
	log  []*found    // what lies in the places of the store's log, without its records
	kept string      // under which name the store is kept; "" if it is not
	made []second    // the names that keep has given

	replaced bool // the new file has the name
}

// second is a second name of a file, or the name of a copy of it.
type second struct {
	from, to string
	info     os.FileInfo // of the file
}

// BeginRestore locks the store at path, if there is one, and looks at its log. The file need not be sound; but a file
// that is no store is not discarded: ErrNotStore.
func BeginRestore(path string, o RestoreOptions) (r *Restoring, err error) {
	if !locksFirst {
		return nil, fmt.Errorf("%w: this system has no lock for that", errors.ErrUnsupported)
	}
	r = &Restoring{opts: o}
	if r.path, err = resolvePath(path); err != nil {
		return nil, err
	}
	if err = r.lock(); err == nil {
		err = r.readLog()
	}
	if err == nil && !o.DiscardOld && (r.info != nil || len(r.log) > 0) {
		r.kept, err = keptPath(r.path, time.Now())
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close lets go of the store.
func (r *Restoring) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}

func (r *Restoring) lock() error {
	info, err := os.Stat(r.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: not a regular file", ErrNotStore)
	}
	op := &opening{path: r.path, deadline: time.Now().Add(r.opts.LockTimeout)}
	if err := op.lock(); err != nil {
		return err
	}
	r.file = op.file
	if r.info, err = r.file.Stat(); err != nil {
		return err
	}
	if err := r.identify(op); r.opts.DiscardOld && isForeign(err) {
		return fmt.Errorf("%w: a file that may be something else is not discarded", ErrNotStore)
	}
	removeAliases(r.path)
	return nil
}

// identify looks for what makes the file a store's, and returns what is wrong with the file otherwise.
func (r *Restoring) identify(op *opening) (err error) {
	if op.header, err = boltfile.ReadHeader(op.file, r.info.Size()); err != nil {
		return err
	}
	_, err = op.lookup(keyFormat)
	return err
}

// isForeign says of an error of identify whether nothing in the file says that it is a store's, or was.
func isForeign(err error) bool {
	return errors.Is(err, boltfile.ErrNotBolt) || errors.Is(err, boltfile.ErrNoBucket)
}

// readLog looks at what there is in the places of segments. Damage does not matter.
func (r *Restoring) readLog() (err error) {
	op := &opening{path: r.path, opts: Options{ReadOnly: true}}
	if r.log, err = op.readSegments(); err != nil {
		return err
	}
	for _, f := range r.log {
		f.contents.Records = nil
	}
	return nil
}

// Put puts a copy of a store in the place of the one that is locked, and returns the path under which that is kept with
// its log: "" if it was discarded, or if there was none. If there was only a log, no file has that name, but the names
// of the log begin with it.
func (r *Restoring) Put(ctx context.Context, from *Engine) (kept string, err error) {
	ctx, cancel := from.whileOpen(ctx)
	defer cancel()
	tmp, err := r.copyOf(ctx, from)
	if err != nil {
		return "", whyDone(ctx, noRoomForCopy(err))
	}
	defer os.Remove(tmp)
	if err = r.stillThere(); err == nil {
		err = r.keep()
	}
	if err == nil {
		hook(&afterKeeping)
		err = ctx.Err() // the last chance
	}
	if err == nil {
		err = r.replace(tmp)
	}
	switch {
	case err == nil:
		return r.kept, nil
	case r.replaced:
		return r.kept, fmt.Errorf("the backup is in its place, but not all is as it should be: %w", err)
	}
	return "", r.forgetKept(whyDone(ctx, noRoomForCopy(err)))
}

// copyOf makes the file that takes the place of the store, durably.
func (r *Restoring) copyOf(ctx context.Context, from *Engine) (path string, err error) {
	f, err := temporaryBeside(r.path, r.pattern())
	if err != nil {
		return "", err
	}
	likeFile(f, r.info)
	_, err = filled(f, func(f *os.File) error {
		return from.copyAs(ctx, f, nil, func(to *privateFile) error {
			if len(r.log) == 0 {
				return to.identify(from.opts.Format)
			}
			return to.identifyBeside(from.opts.Format, r.successor())
		})
	})
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// pattern is that of the names of temporary files.
func (r *Restoring) pattern() string {
	if r.file != nil {
		return copyPattern(r.path) // see removeCopies
	}
	return temporaryPattern(r.path)
}

// successor is what the new file says of the logs that lie beside it: that it needs none of them, whichever store they
// are of.
func (r *Restoring) successor() (s logState) {
	s.contained.end = genesis()
	for i, f := range r.log {
		c := f.contents
		if !c.Whole {
			s.before[i] = c.Stray // of a header that is damaged
			continue
		}
		s.before[i] = c.Header.Nonce
		s.contained.generation = max(s.contained.generation, c.Header.Generation)
	}
	return s
}

// stillThere returns an error unless the path leads to the file that is locked. Whoever has renamed another file onto
// it meanwhile keeps that.
func (r *Restoring) stillThere() error {
	if r.info == nil {
		return nil // see rename
	}
	there, err := os.Stat(r.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(r.info, there) {
		return fmt.Errorf("%s was renamed, removed or replaced while the backup was copied", r.path)
	}
	return err
}

// keep gives the store and its log the names under which they are kept, besides their own.
func (r *Restoring) keep() error {
	if r.kept == "" {
		return nil
	}
	var names, unlinked []second
	if r.info != nil {
		names = append(names, second{from: r.path, to: r.kept})
	}
	for _, f := range r.log {
		names = append(names, second{from: f.path, to: logPath(r.kept, f.slot)})
	}
	for _, s := range names { // the file first: see removeAliases
		err := r.give(s, hardLink)
		if noHardLinks(err) {
			unlinked = append(unlinked, s)
		} else if err != nil {
			return err
		}
	}
	slices.Reverse(unlinked) // the file last: a crash leaves no copy of it that lacks its log
	for _, s := range unlinked {
		if err := r.give(s, r.copyNew); err != nil {
			return err
		}
	}
	return osfile.SyncDir(filepath.Dir(r.path))
}

// give gives a file a second name, and remembers that.
func (r *Restoring) give(s second, how func(from, to string) error) (err error) {
	if s.info, err = os.Lstat(s.from); err != nil {
		return err
	}
	if err = how(s.from, s.to); err == nil {
		r.made = append(r.made, s)
	}
	return err
}

// forgetKept takes those names away again after an error. What has lost its own name stays, and with the file its log,
// and the error says so.
func (r *Restoring) forgetKept(err error) error {
	lost := r.stillThere() != nil
	for _, s := range slices.Backward(r.made) {
		what := "a part of the old log"
		if s.to == r.kept {
			what = "the old file"
		}
		if there, statErr := os.Lstat(s.from); !lost && statErr == nil && os.SameFile(there, s.info) {
			os.Remove(s.to)
		} else {
			err = fmt.Errorf("%w; %s is kept as %s", err, what, s.to)
		}
	}
	return err
}

// replace gives the new file the name of the store, durably, and removes the old log.
func (r *Restoring) replace(tmp string) error {
	if err := r.stillThere(); err != nil {
		return err
	}
	letGo, err := r.takeOver(tmp)
	if letGo != nil {
		defer letGo()
	}
	if err == nil {
		err = r.rename(tmp)
	}
	if err != nil {
		return err
	}
	r.replaced = true
	hook(&afterReplacing)
	if err := osfile.SyncDir(filepath.Dir(r.path)); err != nil {
		return err // the name may lead back to the old file, which needs its log
	}
	for _, f := range r.log {
		if err := osfile.RemoveDurably(f.path); err != nil {
			return err // the next Open tries again
		}
	}
	return nil
}

// rename gives the new file the name of the store, unless another file has that meanwhile.
func (r *Restoring) rename(tmp string) error {
	hook(&beforeReplacing)
	err := r.stillThere()
	if err != nil {
		return err
	}
	if r.info == nil {
		err = linkNew(tmp, r.path)
	} else {
		err = rename(tmp, r.path)
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("file %s %w: another process has just created it", r.path, ErrExists)
	}
	return err
}

// takeOver sees to it that nobody opens the new file before the old log is gone: another process could begin a log of
// its own under the same name.
func (r *Restoring) takeOver(tmp string) (letGo func(), err error) {
	if closesFirst {
		lower, err := raiseSwapMark(r.path)
		if err != nil {
			return nil, err
		}
		return lower, r.Close()
	}
	f, err := os.OpenFile(tmp, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f, true, time.Now()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// keptSuffix is between the name of a store and the time at which it was replaced, in the name under which it is kept.
const keptSuffix = ".old-"

// keptPath returns a name for a store that is kept, which neither a file has nor a log.
func keptPath(path string, now time.Time) (string, error) {
	const longest = 255 - len("-log0") - len("-99")
	name := path + keptSuffix + now.UTC().Format("20060102T150405Z")
	if len(filepath.Base(name)) > longest {
		return "", fmt.Errorf("the name %s is too long for that of a store that is kept: rename it", filepath.Base(path))
	}
	for n := 1; n < 100; n++ {
		kept := name
		if n > 1 {
			kept = fmt.Sprintf("%s-%d", name, n)
		}
		taken := exists(kept)
		for slot := range maxSegments {
			taken = taken || exists(logPath(kept, slot))
		}
		if !taken {
			return kept, nil
		}
	}
	return "", fmt.Errorf("file %s and the like %w", name, ErrExists)
}

// copyNew takes the place of hardLink where there are no hard links. It copies a file to a new one, durably, which is
// there whole or not at all.
func (r *Restoring) copyNew(from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	w, err := temporaryBeside(r.path, r.pattern())
	if err != nil {
		return err
	}
	defer os.Remove(w.Name())
	likeFile(w, info)
	_, err = filled(w, func(w *os.File) error {
		_, err := io.Copy(w, f)
		return err
	})
	if err != nil {
		return err
	}
	hook(&afterCopying)
	if err := linkNew(w.Name(), to); err != nil {
		return err
	}
	return osfile.SyncDir(filepath.Dir(to))
}

// removeAliases removes the second names that the store at path and its log have if Restore did not come to its end
// before the store was replaced. The caller has the store locked. A file that has no other name stays, and with a log
// that stays also the name of the file that it belongs to.
func removeAliases(path string) {
	for _, kept := range filesBeside(path, globQuoted(filepath.Base(path))+keptSuffix+"[0-9]*T[0-9]*Z*") {
		if !isAlias(kept, path) {
			continue
		}
		left := false
		for slot := range maxSegments {
			log := logPath(kept, slot)
			if isAlias(log, logPath(path, slot)) {
				os.Remove(log)
			}
			left = left || exists(log)
		}
		if !left {
			os.Remove(kept)
		}
	}
}

// isAlias says whether two names are of one file.
func isAlias(a, b string) bool {
	first, err := os.Lstat(a)
	if err != nil {
		return false
	}
	second, err := os.Lstat(b)
	return err == nil && os.SameFile(first, second)
}

// identifyBeside is identify for a file beside which there are logs, with what the file says of them.
func (p *privateFile) identifyBeside(format byte, s logState) error {
	return p.update(func(tx *bolt.Tx) error { return identify(tx, format, s) })
}
