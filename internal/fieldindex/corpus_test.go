package fieldindex

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

func TestCorpusOfEntries(t *testing.T) {
	t.Cleanup(func() { filter.Register(nil) })
	filter.Register(spaced{})
	set := NewSet(&Definitions{Next: 3, Indexes: []Definition{
		{Name: "n", Number: 0, Fields: []Field{{Path: "n"}}},
		{Name: "t", Number: 1, Kind: Text, Analyzer: "spaces", Fields: []Field{{Path: "t"}}},
		{Name: "u", Number: 2, Kind: Text, Analyzer: "spaces", Fields: []Field{{Path: "u"}}},
	}})
	for doc, want := range map[string][]Corpus{
		`{"n":1}`:                        {{}, {}, {}},
		`{"t":"a b a"}`:                  {{}, {1, 3, 0}, {}},
		`{"t":["a",5,null,{"x":"y"}]}`:   {{}, {1, 2, 1}, {}},
		`{"t":" ","u":[true,"a b",""]}`:  {{}, {}, {1, 3, 1}},
		`{"t":["a","a"],"u":"b","n":[]}`: {{}, {1, 2, 0}, {1, 1, 0}},
	} {
		entries, err := set.Entries("id", []byte(doc))
		if err != nil || !reflect.DeepEqual(entries.Corpora, want) {
			t.Errorf("%s: %v %v, not %v", doc, entries.Corpora, err, want)
		}
	}
}

// What is read is what was written, and nothing is read of what no documents can have.
func FuzzCorpus(f *testing.F) {
	for _, c := range []Corpus{{}, {1, 1, 0}, {3, 300, 2}, {1 << 39, 1 << 40, 1 << 38}} {
		b, err := c.Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{2, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeCorpus(b)
		if err != nil {
			return
		}
		if c.Documents < 0 || c.Words < c.Documents || c.Scalars < 0 || c.Scalars > c.Documents || c.Documents == 0 && c.Words > 0 {
			t.Fatalf("%v: %+v", b, c)
		}
		again, err := c.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := DecodeCorpus(again); err != nil || d != c || len(again) > len(b) {
			t.Fatalf("%v: %+v %v, not %+v", again, d, err, c)
		}
	})
}

// Frequency and Places read the same.
func FuzzFrequency(f *testing.F) {
	f.Add(appendPlaces(nil, 3, []int{0, 2}))
	f.Add(appendPlaces(nil, 300, []int{0, 200, 100_000}))
	f.Add([]byte{1, 0x80})
	f.Fuzz(func(t *testing.T, value []byte) {
		tokens, positions, ok := Places(nil, value)
		if !ok {
			return
		}
		n, frequency, ok := Frequency(bytes.Clone(value))
		if !ok || n != tokens || frequency != len(positions) {
			t.Fatalf("%v: %d %d %t, not %d %d", value, n, frequency, ok, tokens, len(positions))
		}
	})
}

func TestCorpusIsPossible(t *testing.T) {
	for _, c := range []Corpus{{-1, 0, 0}, {1, 0, 0}, {0, 1, 0}, {1, 1, 2}, {1, 1, -1}} {
		if _, err := c.Append(nil); err == nil {
			t.Errorf("%+v", c)
		}
	}
	sum := Corpus{2, 7, 1}
	sum.Add(Corpus{1, 1, 1})
	sum.Subtract(Corpus{2, 7, 1})
	if sum != (Corpus{1, 1, 1}) {
		t.Error(sum)
	}
}
