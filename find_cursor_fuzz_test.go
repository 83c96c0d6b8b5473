package kuzzlite

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
)

// cursorOrders are the orders of FuzzCursor: some are those of field indexes, or their reverse, and others are sorted.
var cursorOrders = []*query.Order{
	nil, query.By("a"), query.By("-a"), query.By("a", "-b"), query.By("-a", "b"), query.By("b"), query.By("-a").MissingFirst(),
	query.By("s"), query.By("b", "a"),
}

// cursorQueries are the queries: with one value of the first field, with a range, and of all documents.
var cursorQueries = []*query.Query{nil, query.Eq("a", 1), query.Gt("a", 0), query.Eq("s", "x"), query.IDs("3", "5", "7")}

// cursorStore has documents, and field indexes with some of the orders. It returns the documents too, by id.
func cursorStore(f *testing.F) (*Collection, map[string]string) {
	s, err := OpenMemory(&Options{AutoCreate: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	c, docs := s.Collection("i", "c"), map[string]string{}
	for n := range 40 {
		id := fmt.Sprint(n)
		docs[id] = fmt.Sprintf(`{"a":%d,"b":%d,"s":%s}`, n%4, n%3, []string{`"x"`, `"\u0000"`, `"y\u0000z"`}[n%3])
		if n%9 == 0 {
			docs[id] = `{"b":null}`
		}
		if _, err := c.Create(ctx, id, raw(docs[id])); err != nil {
			f.Fatal(err)
		}
	}
	for _, fields := range [][]string{{"a", "-b"}, {"a"}, {"-s"}} {
		if err := c.EnsureFieldIndex(ctx, FieldIndex{Fields: fields}); err != nil {
			f.Fatal(err)
		}
	}
	return c, docs
}

// Whatever is given as After is refused with ErrInvalid, or leads to documents behind that place, in their order.
func FuzzCursor(f *testing.F) {
	c, docs := cursorStore(f)
	for n, o := range cursorOrders {
		options := cursorOptions(o)
		options.Limit = 7
		page, err := c.FindPage(ctx, nil, options)
		if err != nil {
			f.Fatal(err)
		}
		key, err := base64.RawURLEncoding.DecodeString(page.Next)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(n), uint8(0), key[4:], "")
		f.Add(uint8(n), uint8(1), key[4:], page.Next)
	}
	f.Fuzz(func(t *testing.T, order, of uint8, key []byte, text string) {
		o, q := cursorOrders[int(order)%len(cursorOrders)], cursorQueries[int(of)%len(cursorQueries)]
		options := cursorOptions(o)
		compiled, err := compiledOrder(options.Sort)
		if err != nil {
			t.Fatal(err)
		}
		if options.After = text; text == "" && len(key) > 0 {
			options.After = cursor(compiled, key)
		}
		ids, err := idsBehind(c, q, options)
		if errors.Is(err, ErrInvalid) {
			return
		}
		behind, err2 := position(compiled, options.After)
		if err != nil || err2 != nil {
			t.Fatalf("after %q: %v, and %v", options.After, err, err2)
		}
		allBehind(t, docs, compiled, ids, behind)
	})
}

// idsBehind returns the ids that a query finds, as far as it finds some before an error.
func idsBehind(c *Collection, q *query.Query, o *FindOptions) (ids []string, err error) {
	var all Query // a nil *query.Query is none
	if q != nil {
		all = q
	}
	for doc, err := range c.Find(ctx, all, o) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, doc.ID)
	}
	return ids, nil
}

func cursorOptions(o *query.Order) *FindOptions {
	if o == nil {
		return &FindOptions{}
	}
	return &FindOptions{Sort: o}
}

func compiledOrder(o Order) (*filter.Order, error) {
	if o == nil {
		return nil, nil
	}
	return o.Order(filter.Env{})
}

// allBehind fails unless documents are in an order, and all behind a key.
func allBehind(t *testing.T, docs map[string]string, o *filter.Order, ids []string, behind []byte) {
	t.Helper()
	keys := [][]byte{behind}
	for _, id := range ids {
		key := []byte(id)
		if o != nil {
			key = keyOf(o, id, []byte(docs[id]))
		}
		keys = append(keys, key)
	}
	if !slices.IsSortedFunc(keys, bytes.Compare) || len(slices.CompactFunc(slices.Clone(keys), bytes.Equal)) != len(keys) {
		t.Errorf("behind %x: documents %q are not in their order: %x", behind, ids, keys)
	}
}
