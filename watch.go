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

	// Query leaves out changes of documents that neither match nor have matched before, and sets Change.Scope. A change
	// is looked at with the document as it is when the change is read: of a document that was changed several times since,
	// all changes have the scope that the newest has. Which documents match at the beginning is found by the call of
	// Watch, as Find finds them in a transaction; their ids are in memory as long as the iteration runs. With Since or
	// Replay nobody tells of documents that matched then and do not now: find again what matches. Changes of the
	// collection or the index as a whole are yielded all the same. Default: nil, all changes.
	Query Query
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
	w := watcher{col: c, prefix: opts.Prefix, documents: opts.Documents}
	if err == nil && opts.Query != nil {
		var now uint64
		w.scoped, now, err = c.newScoped(ctx, opts.Query)
		if !opts.Replay && opts.Since == 0 {
			since = now
		}
	}
	f := follower{store: c.store, since: since, era: era}
	return func(yield func(Change, error) bool) {
		if err != nil { // or there will never be such a collection
			yield(Change{}, err)
			return
		}
		f, w := f, w // a sequence may be iterated more than once
		if w.scoped = w.scoped.clone(); w.documents || w.scoped != nil {
			f.look = w.complete
		}
		if w.scoped != nil && !c.store.opts.ReadOnly {
			r := liveRun{ctx, &w, f, yield}
			r.run()
			return
		}
		f.run(ctx, func(change Change, err error) bool {
			return err == nil && !w.wants(&change) || yield(change, err)
		})
	}
}

// watcher says which changes are yielded.
type watcher struct {
	col       *Collection
	prefix    string  // of the ids
	documents bool    // changes are yielded with their documents
	scoped    *scoped // nil: without a query
	all       bool    // documents are read for silent changes, too
}

// wants says whether a change is yielded, once it is complete.
func (w *watcher) wants(c *Change) bool {
	switch {
	case c.Silent || !w.concerns(c):
		return false
	case c.ID == "":
		return true
	}
	return strings.HasPrefix(c.ID, w.prefix) && (w.scoped == nil || c.Scope != "")
}

// concerns says whether a change is one of the collection, or of its index as a whole.
func (w *watcher) concerns(c *Change) bool {
	return c.Index == w.col.index && (c.Collection == w.col.name || c.Op == OpDeleteIndex)
}

// complete gives changes their scopes and their documents, as these are in the view, until the documents have 1 MiB.
func (w *watcher) complete(v kv.View, changes []Change) ([]Change, error) {
	size := 0
	for i := range changes {
		change := &changes[i]
		if !w.concerns(change) {
			continue
		}
		doc, err := w.document(v, change)
		switch {
		case err != nil && i > 0: // what lies before the damage first
			return changes[:i], nil
		case err != nil:
			return nil, err
		}
		if w.scoped != nil {
			w.scoped.look(change, doc)
		}
		if doc == nil {
			continue
		}
		if size += len(doc.Source); w.documents {
			change.Document = doc
		}
		if size > chunkBytes {
			return changes[:i+1], nil
		}
	}
	return changes, nil
}

// document returns the document of a change, nil if there is none, or if nobody asks for it.
func (w *watcher) document(v kv.View, c *Change) (*Document, error) {
	if c.ID == "" || c.Op.removes() || w.scoped == nil && !w.all && !w.wants(c) {
		return nil, nil
	}
	doc, err := w.col.documentIn(v, w.col.key, c.ID, w.col.now())
	if errors.Is(err, kv.ErrNoBucket) { // the collection was deleted since
		return nil, nil
	}
	if err != nil || doc.Version == 0 {
		return nil, err
	}
	return &doc, nil
}
