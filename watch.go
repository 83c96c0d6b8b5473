package kuzzlite

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Watching a collection: following the change feed, and leaving out what is not of the collection.

// WatchOptions says what Watch yields. Every zero field means the default.
type WatchOptions struct {
	// Since is the sequence after which to begin, as for Changes. Default: that of the newest change when Watch is called.
	Since uint64

	// Replay begins at Since even if that is 0: with all changes that are kept, if the first one is.
	Replay bool

	// Prefix is what the ids begin with. Changes of the collection or the index as a whole are yielded all the same.
	// Default: anything.
	Prefix string

	// Documents sets Change.Document. It costs a read of the document for each change.
	Documents bool
}

// Watch follows the changes of the collection, those of silent calls left out: of its documents, and [OpTruncate],
// [OpCreateCollection], [OpDeleteCollection] and [OpDeleteIndex], which concern all of them. Nothing that is committed
// after the call of Watch is missed, even before the iteration begins. The collection need not exist; if its name, or
// that of its index, breaks Kuzzle's rules, Watch yields [ErrInvalid] and ends. For the rest it is as [Store.Changes]
// with Follow.
func (c *Collection) Watch(ctx context.Context, o ...*WatchOptions) iter.Seq2[Change, error] {
	since, era := c.store.place()
	opts, err := onlyOne(o)
	if opts == nil {
		opts = &WatchOptions{}
	}
	if opts.Replay || opts.Since > 0 {
		since = opts.Since
	}
	if err = cmp.Or(err, c.checkNames()); c.tx != nil {
		err = ErrInTransaction
	}
	w := watcher{col: c, prefix: opts.Prefix}
	f := follower{store: c.store, since: since, era: era}
	if opts.Documents {
		f.look = w.addDocuments
	}
	return func(yield func(Change, error) bool) {
		if err != nil { // or there will never be such a collection
			yield(Change{}, err)
			return
		}
		f := f // a sequence may be iterated more than once
		f.run(ctx, func(change Change, err error) bool {
			return err == nil && !w.wants(&change) || yield(change, err)
		})
	}
}

// watcher says which changes are yielded.
type watcher struct {
	col    *Collection
	prefix string // of the ids
}

func (w *watcher) wants(c *Change) bool {
	if c.Silent || c.Index != w.col.index {
		return false
	}
	switch {
	case c.Collection == w.col.name:
		return c.ID == "" || strings.HasPrefix(c.ID, w.prefix)
	default:
		return c.Op == OpDeleteIndex
	}
}

// addDocuments adds to changes the documents that they are of, as they are in the view, until the documents have 1 MiB.
func (w *watcher) addDocuments(v kv.View, changes []Change) ([]Change, error) {
	size := 0
	bucket, now := collectionKey(w.col.index, w.col.name), w.col.now()
	for i := range changes {
		change := &changes[i]
		if change.ID == "" || change.Op.removes() || !w.wants(change) {
			continue
		}
		doc, err := w.col.documentIn(v, bucket, change.ID, now)
		switch {
		case errors.Is(err, kv.ErrNoBucket):
			continue // the collection was deleted since
		case err != nil && i > 0: // what lies before the damage first
			return changes[:i], nil
		case err != nil:
			return nil, err
		case doc.Version == 0:
			continue
		}
		change.Document = &doc
		if size += len(doc.Source); size > chunkBytes {
			return changes[:i+1], nil
		}
	}
	return changes, nil
}
