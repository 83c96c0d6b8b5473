package kuzzlite

import (
	"cmp"
	"context"
	"iter"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Lists of documents.

// ListOptions says which documents All lists. Every zero field means the default.
type ListOptions struct {
	// Prefix is what the ids begin with. Default: anything.
	Prefix string

	// From is the smallest id, and Until the first that is too large: From <= id < Until, by bytes. Default: no bound.
	From, Until string

	// After is the id after which to begin: to go on with a list, the last one it yielded. Default: the first document.
	After string

	// Reverse lists the documents from the last id to the first one.
	Reverse bool

	// Limit is how many documents to yield at most. Default 0: all, as with anything less.
	Limit int

	// KeysOnly yields documents of which only the ID is set. Their content is not read, unless they expire.
	KeysOnly bool
}

// idRange are the ids from lower to upper, without upper itself; an upper of "" is no bound.
type idRange struct{ lower, upper string }

// ids returns the ids that are listed.
func (o *ListOptions) ids() idRange {
	r := idRange{max(o.Prefix, o.From), o.Until}
	r.limit(prefixEnd(o.Prefix))
	if o.After != "" {
		r.pass(o.After, o.Reverse)
	}
	return r
}

// limit makes upper the bound, if it is lower than the one there is.
func (r *idRange) limit(upper string) {
	if upper != "" && (r.upper == "" || upper < r.upper) {
		r.upper = upper
	}
}

// pass leaves out the ids up to one, in the order of the list.
func (r *idRange) pass(id string, reverse bool) {
	if reverse {
		r.limit(id)
	} else {
		r.lower = max(r.lower, id+"\x00")
	}
}

// prefixEnd returns the first string behind all that begin with a prefix; "" if there is none.
func prefixEnd(prefix string) string {
	for n := len(prefix); n > 0; n-- {
		if prefix[n-1] < 0xff {
			return prefix[:n-1] + string([]byte{prefix[n-1] + 1})
		}
	}
	return ""
}

// start returns the key at which a scan begins.
func (r *idRange) start(reverse bool) []byte {
	switch {
	case !reverse:
		return documentKey(r.lower)
	case r.upper == "":
		return []byte{prefixDocument + 1}
	}
	return documentKey(r.upper)
}

// The bounds of what All reads in one transaction.
const (
	chunkDocuments = 256
	chunkBytes     = 1 << 20
)

// All lists documents in the order of their ids (by bytes).
//
// All reads in chunks of at most 256 documents or about 1 MiB, each from one state of the store, and holds no state
// while the caller's code runs: anything may be called meanwhile, and a list that takes long neither stops writers
// nor makes the file grow. The price is that the list as a whole is not one state of the store: a document written
// while the list runs is seen or not, as it is at some moment in between. For one state of everything use
// [Store.View]. After an error the list ends.
func (c *Collection) All(ctx context.Context, o ...*ListOptions) iter.Seq2[Document, error] {
	var opts ListOptions
	one, err := onlyOne(o)
	if one != nil {
		opts = *one
	}
	return func(yield func(Document, error) bool) {
		if err != nil {
			yield(Document{}, err)
			return
		}
		l := list{col: c, ids: opts.ids(), reverse: opts.Reverse, keysOnly: opts.KeysOnly}
		left := opts.Limit
		for {
			err := l.next(ctx, left)
			for _, doc := range l.docs {
				if !yield(doc, nil) {
					return
				}
			}
			if err != nil {
				yield(Document{}, err)
				return
			}
			if left -= len(l.docs); len(l.docs) == 0 || left == 0 {
				return
			}
		}
	}
}

// list is a list under way.
type list struct {
	col      *Collection
	ids      idRange // that are left
	reverse  bool
	keysOnly bool
	docs     []Document // the chunk read last
	size     int        // of it, in bytes
	now      int64      // when it was read, in ms since 1970
	blocks   idBlocks
}

// next reads the next chunk, of at most limit documents if that is positive; an empty one at the end.
func (l *list) next(ctx context.Context, limit int) error {
	l.docs, l.size, l.blocks, l.now = l.docs[:0], 0, idBlocks{}, l.col.now()
	n := chunkDocuments
	if limit > 0 {
		n = min(n, limit)
	}
	err := l.col.read(ctx, func(v kv.View, bucket []byte) error {
		var damage error
		err := v.Scan(bucket, l.ids.start(l.reverse), l.reverse, func(key, b []byte) bool {
			switch in := l.place(key); {
			case in < 0:
				return true
			case in > 0:
				return false
			}
			damage = l.add(key, b)
			return damage == nil && len(l.docs) < n && l.size < chunkBytes
		})
		return cmp.Or(err, damage)
	})
	if len(l.docs) > 0 {
		l.ids.pass(l.docs[len(l.docs)-1].ID, l.reverse)
	}
	return err
}

// place says whether a key is of the list: less than 0 if it lies before the list, more if it lies behind it.
func (l *list) place(key []byte) int {
	before, behind := -1, 1
	if l.reverse {
		before, behind = 1, -1
	}
	switch {
	case key[0] < prefixDocument || key[0] == prefixDocument && string(key[1:]) < l.ids.lower:
		return before
	case key[0] > prefixDocument || l.ids.upper != "" && string(key[1:]) >= l.ids.upper:
		return behind
	}
	return 0
}

// add takes a document into the chunk, unless the document has expired.
func (l *list) add(key, b []byte) error {
	id := l.blocks.copy(key[1:])
	if l.keysOnly {
		absent, err := isAbsent(key, b, l.now)
		switch {
		case err != nil:
			return l.col.problem(id, err, err.Error())
		case !absent:
			l.docs = append(l.docs, Document{ID: id})
		}
		return nil
	}
	doc, err := l.col.document(id, key, b, l.now)
	if err == nil && doc.Version > 0 {
		l.docs = append(l.docs, doc)
		l.size += len(b)
	}
	return err
}

// idBlocks makes ids of bytes, several to an allocation. Whoever keeps one of them keeps idBlock bytes.
type idBlocks struct{ block strings.Builder }

// idBlock is how large a block is, in bytes; an id that is longer gets one for itself.
const idBlock = 512

func (b *idBlocks) copy(id []byte) string {
	if b.block.Cap()-b.block.Len() < len(id) {
		b.block = strings.Builder{}
		b.block.Grow(max(idBlock, len(id)))
	}
	begin := b.block.Len()
	b.block.Write(id)
	return b.block.String()[begin:]
}
