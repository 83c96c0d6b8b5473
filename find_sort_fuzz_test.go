package kuzzlite

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// naiveValue is a value that documents are sorted by.
type naiveValue struct {
	rank   int // false, true, numbers, strings, null, missing
	number *big.Rat
	text   string
}

const (
	rankNumber = iota + 2
	rankText
	rankNull
	rankMissing
)

func (v naiveValue) compare(w naiveValue) int {
	if v.rank == rankNumber && w.rank == rankNumber {
		return v.number.Cmp(w.number)
	}
	return cmp.Or(cmp.Compare(v.rank, w.rank), strings.Compare(v.text, w.text))
}

// naiveValues returns the values under a path.
func naiveValues(v any, path []string) (list []naiveValue) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			list = append(list, naiveValues(e, path)...)
		}
		return list
	case map[string]any:
		for n := range len(path) { // a key may hold dots
			if member, ok := v[strings.Join(path[:n+1], ".")]; ok {
				list = append(list, naiveValues(member, path[n+1:])...)
			}
		}
		return list
	}
	if len(path) > 0 {
		return nil
	}
	switch v := v.(type) {
	case nil:
		return []naiveValue{{rank: rankNull}}
	case bool:
		return []naiveValue{{rank: map[bool]int{false: 0, true: 1}[v]}}
	case string:
		return []naiveValue{{rank: rankText, text: v}}
	}
	number, _ := new(big.Rat).SetString(v.(json.Number).String())
	return []naiveValue{{rank: rankNumber, number: number}}
}

// naiveKey returns the value of a document that counts for a field.
func naiveKey(doc any, field string) naiveValue {
	path, descending := strings.CutPrefix(field, "-")
	list := naiveValues(doc, strings.Split(path, "."))
	present := slices.DeleteFunc(slices.Clone(list), func(v naiveValue) bool { return v.rank >= rankNull })
	switch {
	case len(list) == 0:
		return naiveValue{rank: rankMissing}
	case len(present) == 0:
		return list[0]
	case descending:
		return slices.MaxFunc(present, naiveValue.compare)
	}
	return slices.MinFunc(present, naiveValue.compare)
}

// naiveCompare compares two documents by a field.
func naiveCompare(a, b any, field string, missingFirst bool) int {
	one, other := naiveKey(a, field), naiveKey(b, field)
	order := one.compare(other)
	absent, absentToo := one.rank >= rankNull, other.rank >= rankNull
	switch {
	case (absent || absentToo) && missingFirst:
		return -order
	case strings.HasPrefix(field, "-") && !absent && !absentToo:
		return -order
	}
	return order
}

// naivelySorted returns the ids of documents in an order.
func naivelySorted(docs map[string]any, fields []string, missingFirst bool) (ids []string) {
	for id := range docs {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		for _, field := range fields {
			if order := naiveCompare(docs[a], docs[b], field, missingFirst); order != 0 {
				return order
			}
		}
		if strings.HasPrefix(fields[len(fields)-1], "-") {
			return strings.Compare(b, a)
		}
		return strings.Compare(a, b)
	})
	return ids
}

// fuzzedDocs writes the lines of a text that are documents, and returns them.
func fuzzedDocs(t *testing.T, c *Collection, text string) map[string]any {
	docs := map[string]any{}
	for line := range strings.Lines(text) {
		if len(docs) == 120 {
			break
		}
		id := fmt.Sprint(len(docs))
		s, err := c.Create(ctx, id, raw(line))
		if err != nil {
			continue
		}
		var doc any
		d := json.NewDecoder(strings.NewReader(string(s.Source)))
		d.UseNumber()
		if err := d.Decode(&doc); err != nil {
			t.Fatalf("%s: %v", s.Source, err)
		}
		docs[id] = doc
	}
	return docs
}

// Find sorts as the most direct sorting does, whatever the field indexes are, and by pages as well.
func FuzzFindSort(f *testing.F) {
	docs := strings.Join([]string{
		`{"a":1}`, `{"a":[2,"x"],"b":null}`, `{"a":{"c":3},"b":true}`, `{"a.c":-1.5e2,"b":[]}`, `{"b":"\u0000é"}`,
		`{"a":"1","b":false}`, `{"a":10,"b":9007199254740993}`, `{"b":9007199254740992.0}`,
	}, "\n")
	f.Add(docs, "a;-b", "a,-b", uint8(1), false)
	f.Add(docs, "-a,b;b", "-a,b", uint8(2), true)
	// As many as it takes for a page of one to pay to follow the order of an index.
	f.Add(strings.Repeat(`{"a":1,"b":"x"}`+"\n"+`{"a":2}`+"\n", 40), "a,b", "-a,-b", uint8(0), true)
	f.Add(strings.Repeat(`{"a":[1,5]}`+"\n"+`{"a":2}`+"\n", 40), "a", "a", uint8(0), false)
	f.Fuzz(func(t *testing.T, text, indexes, sort string, limit uint8, missingFirst bool) {
		order := query.By(strings.Split(sort, ",")...)
		if missingFirst {
			order = order.MissingFirst()
		}
		if _, err := compiledOrder(order); err != nil || hasHugeExponent(text) {
			return
		}
		s, err := OpenMemory(&Options{AutoCreate: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		c := s.Collection("i", "c")
		docs := fuzzedDocs(t, c, text)
		if len(docs) == 0 {
			return
		}
		for index := range strings.SplitSeq(indexes, ";") {
			err := c.EnsureFieldIndex(ctx, FieldIndex{Fields: strings.Split(index, ",")})
			if err != nil && !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrTooLarge) {
				t.Fatal(err)
			}
		}
		want := naivelySorted(docs, strings.Split(sort, ","), missingFirst)
		got, err := idsBehind(c, nil, &FindOptions{Sort: order})
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("found %v, want %v, %v", got, want, err)
		}
		if got = fuzzedPages(t, c, order, 1+int(limit%8)); !slices.Equal(got, want) {
			t.Fatalf("pages of %d have %v, want %v", 1+limit%8, got, want)
		}
	})
}

// hasHugeExponent says whether a text may have a number that big.Rat takes long for.
func hasHugeExponent(text string) bool {
	lower := strings.ToLower(text)
	for i := range len(lower) - 4 {
		if lower[i] == 'e' && strings.Trim(lower[i+1:i+5], "+-0123456789") == "" {
			return true
		}
	}
	return false
}

// fuzzedPages returns the ids of all pages.
func fuzzedPages(t *testing.T, c *Collection, o Order, limit int) (ids []string) {
	options := &FindOptions{Sort: o, Limit: limit}
	for range 200 {
		page, err := c.FindPage(ctx, nil, options)
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range page.Documents {
			ids = append(ids, doc.ID)
		}
		if options.After = page.Next; page.Next == "" {
			break
		}
	}
	return ids
}
