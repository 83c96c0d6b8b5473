package kuzzlite

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Loading: documents as another store has had them.

// MLoad writes documents as they are given: with their ID, Source, Version, Created, Updated and Expires, and with no
// metadata but what they have. What is there under an id is replaced, whatever its version. It is for dumps that are
// read back, and for copies of what another store decides. Sequence is of no effect: each document gets the next one.
//
// What is zero is as with CreateOrReplace: the version goes on, Created stays, and is the time of the call for what is
// new, as Updated is; Expires is what the options say. A document is refused with [ErrInvalid] if a time is not after
// the beginning of 1970 and before the year 10000, or the Version is above 2^63-1. Options.Kuzzle does not matter. For
// the rest it is as [Collection.MCreateOrReplace], and of the options IfAbsent keeps what is there.
//
// Whoever loads versions has to see to it that an older version does not come again with other content: IfVersion could
// not tell them apart.
func (c *Collection) MLoad(ctx context.Context, docs []Document, o ...*WriteOptions) (*Result, error) {
	p, err := c.newPlan(ctx, verbLoad, false, len(docs), o)
	if err != nil {
		return nil, err
	}
	for i := range docs {
		if p.ended() {
			break
		}
		p.addDocument(i, &docs[i])
	}
	return p.run()
}

// given is what a document that is loaded has besides its content; times are in ms since 1970, 0 for none.
type given struct {
	version                   uint64
	created, updated, expires int64
}

// apply sets what is given.
func (g *given) apply(r *record) {
	r.version = orDefault(g.version, r.version)
	r.created = orDefault(g.created, r.created)
	r.updated = orDefault(g.updated, r.updated)
	r.expires = orDefault(g.expires, r.expires)
}

func (p *plan) addDocument(position int, doc *Document) {
	r := received{position: position, id: doc.ID, given: &given{version: doc.Version}}
	r.content, r.err = p.col.store.encode(p.ctx, doc.Source)
	if doc.Version > math.MaxInt64 { // Elasticsearch's bound, which leaves room for the versions that follow
		r.err = invalid(fmt.Sprintf("document has version %d, more than %d", doc.Version, int64(math.MaxInt64)))
	}
	for _, t := range []struct {
		name string
		from time.Time
		to   *int64
	}{
		{"creation", doc.Created, &r.given.created}, {"last change", doc.Updated, &r.given.updated},
		{"expiry", doc.Expires, &r.given.expires},
	} {
		if t.from.IsZero() {
			continue
		}
		if *t.to = t.from.UnixMilli(); !storable(t.from) {
			r.err = invalid(fmt.Sprintf("document has %v as the time of its %s: it must be %s",
				t.from.UTC().Format(time.RFC3339), t.name, storableTimes))
		}
	}
	p.add(r)
}
