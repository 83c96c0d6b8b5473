package kuzzlite

import (
	"context"
	"fmt"
	"iter"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Queries.

// Find yields the documents that match a query; a nil query matches all. It uses field indexes where they help: what it
// yields is the same without them.
//
// Find reads in chunks, as [Collection.All] does, and holds no state of the store between two of them: each document is
// yielded once at most, as it is in its chunk, and one that is written meanwhile may be left out. In a transaction it
// reads the one state of that. With a Sort that no field index has, all documents that match are found first; of those
// the first Limit are kept, or all, up to 256 MiB of them: beyond that it fails with [ErrTooLarge].
//
// The error wraps [ErrInvalid] for a query that cannot be compiled, context.DeadlineExceeded after Timeout, [ErrTooLarge]
// beyond MaxScan, and [ErrConflict] if the field index by which the query goes was dropped, or got a document with several
// values for the first time, in the middle of the query: then begin again. After an error the list ends.
func (c *Collection) Find(ctx context.Context, q Query, o ...*FindOptions) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		f, err := c.newFinder(ctx, q, o)
		if err == nil {
			err = f.each(func(m *match) bool { return yield(m.doc, nil) })
		}
		if err != nil {
			yield(Document{}, err)
		}
	}
}

// Page is a part of what a query finds.
type Page struct {
	Documents []Document `json:"documents"`

	// Next is the After of the next page; "" if there is none. It is text of letters, digits, - and _, and holds the values
	// by which documents are sorted: long values make it long.
	Next string `json:"next,omitempty"`
}

// defaultPage is the Limit of FindPage.
const defaultPage = 10

// FindPage returns the first Limit documents that Find would yield, 10 by default, and where to go on. Pages go on behind
// the last document, whatever was written meanwhile: a document is on two pages, or on none, only if its values of the
// Sort have changed, or if it took over a unique value from the last document of a page. With a field index that has the
// order of Sort any page costs as much as the first one.
func (c *Collection) FindPage(ctx context.Context, q Query, o ...*FindOptions) (*Page, error) {
	one, err := onlyOne(o)
	if err != nil {
		return nil, err
	}
	opts := one.resolved()
	limit := opts.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	opts.Limit = limit + 1 // to know whether there is more
	f, err := c.newFinder(ctx, q, []*FindOptions{&opts})
	if err != nil {
		return nil, err
	}
	f.keyAt = limit
	page := &Page{Documents: make([]Document, 0, min(limit, chunkDocuments))}
	var last []byte
	err = f.each(func(m *match) bool {
		if len(page.Documents) == limit {
			page.Next = cursor(f.order, last)
			return false
		}
		page.Documents, last = append(page.Documents, m.doc), m.key
		return true
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// Count returns the number of documents; with a query, of those that match, as Find finds them, within the default
// Timeout and MaxScan of FindOptions, and with their errors. Without a query the
// number is kept, not counted: the cost depends only on how many documents have expired and were not removed yet, or had
// their expiry moved since some were removed. In a store that is open for writing these are few.
func (c *Collection) Count(ctx context.Context, q ...Query) (n uint64, err error) {
	if len(q) > 1 {
		return 0, fmt.Errorf("%w call: Count takes one query", ErrInvalid)
	}
	if len(q) == 1 && q[0] != nil {
		return c.countFound(ctx, q[0])
	}
	now := c.now()
	err = c.read(ctx, func(v kv.View, bucket []byte) (err error) {
		n, err = countDocuments(v, bucket, now)
		return err
	})
	return n, err
}

// countFound counts the documents that match a query.
func (c *Collection) countFound(ctx context.Context, q Query) (n uint64, err error) {
	f, err := c.newFinder(ctx, q, []*FindOptions{{KeysOnly: true}})
	if err != nil {
		return 0, err
	}
	err = f.each(func(*match) bool {
		n++
		return true
	})
	return n, err
}
