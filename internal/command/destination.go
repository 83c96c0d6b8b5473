package command

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// With --create what is missing is made with the first document that it can have: input that is refused, or empty,
// leaves neither an empty store behind nor a new index or collection in a store that is there. Until then everything is
// written to a store in memory, which says what the new collection would say. An atomic load fills a new store beside,
// which gets its name if all of it could be written; in a store that is there its transaction makes the collection.

// destination is the collection that a verb writes to. It may not be there yet, nor its store.
type destination struct {
	app       *app
	options   kuzzlite.Options
	store     anyStore // nil: it is not made yet
	rehearsal anyStore // in memory, and empty: what is written to it fails as it would in the new collection
	lacked    string   // what was missing at the beginning: "store", "collection", or nothing
	made      bool     // the collection is there
}

// withDestination runs fn with the collection that the first two arguments name.
func (a *app) withDestination(
	cmd *cobra.Command, args []string, t *target, fn func(context.Context, *destination) error,
) error {
	a.index, a.collection, a.writes = args[0], args[1], true
	if err := t.expiry.apply(cmd, &t.write); err != nil {
		return err
	}
	ctx, d := cmd.Context(), &destination{app: a, options: t.options()}
	if !a.makesStore(t) {
		return a.withStore(ctx, orCreating(t.create), d.options, func(s anyStore) error {
			d.store = s
			return d.inStore(ctx, t.create, fn)
		})
	}
	d.lacked = "store"
	if t.write.Atomic {
		at, _ := a.locate() // as makesStore has done
		return intoNewStore(at.place, d.options, func(s *kuzzlite.Store) error {
			d.store, d.made = ownStore{s}, true
			if err := a.makeCollection(ctx, d.store, true); err != nil {
				return err
			}
			return fn(ctx, d)
		})
	}
	err := d.rehearse(ctx, func() error { return fn(ctx, d) })
	if d.store != nil {
		if closeErr := d.store.Close(); err == nil {
			err = closeErr
		}
	}
	return err
}

// inStore runs fn with a destination in a store that is there. Unless the collection may be made it must be there too.
func (d *destination) inStore(
	ctx context.Context, mayMake bool, fn func(context.Context, *destination) error,
) (err error) {
	d.made, err = d.store.HasCollection(ctx, d.app.index, d.app.collection)
	switch {
	case err != nil:
		return err
	case d.made:
		return fn(ctx, d)
	case !mayMake:
		return d.app.unknown(ctx, d.store)
	}
	d.lacked = "collection"
	if d.app.session != nil {
		d.options.Metadata = d.app.session.metadata
	}
	return d.rehearse(ctx, func() error { return fn(ctx, d) })
}

// makesStore says whether a verb is to make a store file where there is none. Where something else is missing, or a log
// is left, it is not to: who opens the store says what.
func (a *app) makesStore(t *target) bool {
	at, err := a.locate()
	if err != nil || a.session != nil || !t.create || !at.isFile() {
		return false
	}
	_, err = os.Lstat(at.place)
	return errors.Is(err, fs.ErrNotExist) && !missing(filepath.Dir(at.place)) && len(logsOf(at.place)) == 0
}

// rehearse runs fn with a store in memory that has the collection.
func (d *destination) rehearse(ctx context.Context, fn func() error) error {
	s, err := kuzzlite.OpenMemory(&d.options)
	if err != nil {
		return err
	}
	defer s.Close()
	d.rehearsal = ownStore{s}
	if err := d.app.makeCollection(ctx, d.rehearsal, true); err != nil {
		return err
	}
	return fn()
}

// rehearse runs what changes the names in a store with an empty one in memory: a name that is refused makes no store.
func rehearse(change func(anyStore) error) error {
	s, err := kuzzlite.OpenMemory(nil)
	if err != nil {
		return err
	}
	defer s.Close()
	return change(ownStore{s})
}

// make makes the collection, and its store, unless that was done already.
func (d *destination) make(ctx context.Context) error {
	if d.made {
		return nil
	}
	if d.store == nil {
		s, err := d.app.open(ctx, creating, d.options)
		if err != nil {
			return err
		}
		d.store = s // which is closed in any case
	}
	err := d.app.makeCollection(ctx, d.store, true)
	d.made = err == nil
	return err
}

// hasTransactions says whether there is inOne: a server takes single calls.
func (d *destination) hasTransactions() bool {
	_, isOwn := d.store.(ownStore)
	return isOwn
}

// inOne runs write with the collection in one transaction, which makes the collection if there is none.
func (d *destination) inOne(
	ctx context.Context, write func(context.Context, anyCollection) error,
) error {
	return d.store.(ownStore).Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if !d.made {
			if err := tx.CreateCollection(ctx, d.app.index, d.app.collection); err != nil {
				return err
			}
		}
		return write(ctx, ownCollection{tx.Collection(d.app.index, d.app.collection)})
	})
}

// collection returns the collection, or as long as there is none the one that is rehearsed with.
func (d *destination) collection() anyCollection {
	s := d.store
	if !d.made {
		s = d.rehearsal
	}
	return s.Collection(d.app.index, d.app.collection)
}

// write writes a batch, again if the first time was the rehearsal and a document succeeded.
func (d *destination) write(
	ctx context.Context, b *batch,
	write func(context.Context, anyCollection, *batch) (*kuzzlite.Result, error),
) (*kuzzlite.Result, error) {
	isRehearsal := !d.made
	res, err := write(ctx, d.collection(), b)
	if !isRehearsal || res == nil || len(res.Successes) == 0 {
		return res, err
	}
	if err := d.make(ctx); err != nil {
		return nil, err
	}
	return write(ctx, d.collection(), b)
}

// writeDocument writes a document, and prints it.
func (a *app) writeDocument(
	cmd *cobra.Command, args []string, t *target,
	write func(context.Context, anyCollection) (*kuzzlite.Success, error),
) error {
	return a.withDestination(cmd, args, t, func(ctx context.Context, d *destination) error {
		if !d.made {
			if _, err := write(ctx, d.collection()); err != nil {
				return err
			}
		}
		if err := d.make(ctx); err != nil {
			return err
		}
		return a.success(write(ctx, d.collection()))
	})
}
