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
// new, as Updated is; Expires is what the options say. A document is refused with [ErrInvalid] if Expires is not after
// the beginning of 1970 and before the year 10000, or the Version is above 2^63-1. Created and Updated may be any time,
// as the clock of another store may have been. Options.Kuzzle does not matter. For the rest it is as
// [Collection.MCreateOrReplace], and of the options IfAbsent keeps what is there.
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

// given is what a document that is loaded has besides its content.
type given struct {
	version                   uint64 // 0: none
	created, updated, expires givenTime
}

// givenTime is a time that a document has, or has not.
type givenTime struct {
	has bool
	at  int64 // ms since 1970, which a clock may have been before
}

func (g givenTime) or(at int64) int64 {
	if g.has {
		at = g.at
	}
	return at
}

// apply sets what is given.
func (g *given) apply(r *record) {
	r.version = orDefault(g.version, r.version)
	r.created = g.created.or(r.created)
	r.updated = g.updated.or(r.updated)
	r.expires = g.expires.or(r.expires)
}

func (p *plan) addDocument(position int, doc *Document) {
	r := received{position: position, id: doc.ID, given: &given{version: doc.Version}}
	r.content, r.err = p.col.store.encode(p.ctx, doc.Source)
	if doc.Version > math.MaxInt64 { // Elasticsearch's bound, which leaves room for the versions that follow
		r.err = invalid(fmt.Sprintf("document has version %d, more than %d", doc.Version, int64(math.MaxInt64)))
	}
	if !doc.Expires.IsZero() && !storable(doc.Expires) {
		r.err = invalid(fmt.Sprintf("document has %v as the time of its expiry: it must be %s",
			doc.Expires.UTC().Format(time.RFC3339), storableTimes))
	}
	for _, t := range []struct {
		from time.Time
		to   *givenTime
	}{
		{doc.Created, &r.given.created}, {doc.Updated, &r.given.updated}, {doc.Expires, &r.given.expires},
	} {
		if t.from.IsZero() {
			continue
		}
		*t.to = givenTime{true, t.from.UnixMilli()}
		if fromMillis(t.to.at).Unix() != t.from.Unix() {
			r.err = invalid("document has a time that no number of milliseconds since 1970 can say")
		}
	}
	p.add(r)
}
