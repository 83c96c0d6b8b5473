package kuzzlite

import (
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// fieldIndexDamages are done to a store with the documents a {"u":1,"n":[1,2]} and b {"u":2,"n":3}, and the field indexes
// n, number 0, u, which is unique, number 1, t, of words, and p, of points: b has the words south and
// alaska, and a point.
var fieldIndexDamages = []struct {
	name string
	do   func(*damager)
	want string // in one of the problems
}{
	{"an entry lost", func(d *damager) { d.remove(d.entry("n", "b", `{"n":3}`)) },
		`document "b" in i/c: an entry in field index "n" is missing`},
	{"an entry of a document with several lost", func(d *damager) { d.remove(d.entry("n", "a", `{"n":2}`)) },
		`document "a" in i/c: an entry in field index "n" is missing`},
	{"an entry of another value", func(d *damager) { d.put(d.entry("n", "b", `{"n":4}`), nil) },
		`field index "n" has 4 entries, the documents have 3`},
	{"an entry of no document", func(d *damager) { d.put(d.entry("n", "none", `{"n":4}`), nil) },
		`field index "n" has 4 entries, the documents have 3`},
	{"content in an entry that has none", func(d *damager) { d.put(d.entry("n", "b", `{"n":3}`), []byte("b")) },
		`document "b" in i/c: an entry in field index "n" has another value`},
	{"a unique entry of another document", func(d *damager) { d.put(d.entry("u", "a", `{"u":1}`), []byte("b")) },
		`document "a" in i/c: an entry in field index "u" has another value`},
	{"a word lost", func(d *damager) { d.remove(d.entry("t", "b", `{"t":"alaska"}`)) },
		`document "b" in i/c: an entry in field index "t" is missing`},
	{"a word at another place", func(d *damager) { d.put(d.entry("t", "b", `{"t":"alaska"}`), []byte{2, 0}) },
		`document "b" in i/c: an entry in field index "t" has another value`},
	{"a word of no document", func(d *damager) { d.put(d.entry("t", "b", `{"t":"nome"}`), []byte{2, 0}) },
		`field index "t" has 3 entries, the documents have 2`},
	{"a word counted that is not there", func(d *damager) { d.corpus(fieldindex.Corpus{Documents: 1, Words: 3}) },
		`field index "t" says that 1 documents have 3 words, and 0 have scalars; it is 1, 2 and 0`},
	{"a scalar not counted", func(d *damager) { d.corpus(fieldindex.Corpus{Documents: 1, Words: 2, Scalars: 1}) },
		`field index "t" says that 1 documents have 2 words, and 1 have scalars; it is 1, 2 and 0`},
	{"bit flipped in what is counted of words", func(d *damager) { d.flip([]byte("w\x00\x00\x00\x02"), 30) },
		`data is corrupt: what the field index "t" says of its words`},
	{"words counted of no field index", func(d *damager) { d.put([]byte("w\x00\x00\x00\x07"), nil) },
		`the words of the field index number 7 are counted, which there is not`},
	{"words counted of a field index of values", func(d *damager) { d.put([]byte("w\x00\x00\x00\x00"), nil) },
		`the words of the field index number 0 are counted, which there is not`},
	{"a place lost", func(d *damager) { d.remove(d.entry("p", "b", `{"p":"34,-118"}`)) },
		`document "b" in i/c: an entry in field index "p" is missing`},
	{"a place of no document", func(d *damager) { d.put(d.entry("p", "a", `{"p":"34,-118"}`), nil) },
		`field index "p" has 2 entries, the documents have 1`},
	{"entries of no field index", func(d *damager) { d.put([]byte("f\x00\x00\x00\x07xy"), nil) },
		`1 entries are of the field index number 7, which there is not`},
	{"a shape forgotten", func(d *damager) {
		d.definitions(func(all *fieldindex.Definitions) { all.Find("n").Shape = fieldindex.Shape{} })
	}, `document "a" in i/c: field index "n" does not know of its shape`},
	{"a build that is not at its end", func(d *damager) {
		d.definitions(func(all *fieldindex.Definitions) { all.Find("n").Build = &fieldindex.Build{After: "a"} })
		d.remove(d.entry("n", "a", `{"n":1}`))
	}, `document "a" in i/c: an entry in field index "n" is missing`},
	{"bit flipped in the definitions", func(d *damager) { d.flip(keyFieldIndexes, 30) }, `the definitions of the field indexes of "i/c" are damaged`},
	{"definitions lost", func(d *damager) { d.remove(keyFieldIndexes) }, `entries are of the field index number 0, which there is not`},
	{"definitions of no sense", func(d *damager) {
		d.definitions(func(all *fieldindex.Definitions) { all.Next = 1 })
	}, `has 1 fields and number 1 of 1`},
}

// entry is the key of the only entry that a document has in a field index.
func (d *damager) entry(index, id, doc string) []byte {
	d.t.Helper()
	all, err := fieldindex.Decode(d.get(keyFieldIndexes)[checksumSize:])
	d.ok(err)
	own := fieldindex.Definitions{Next: all.Next, Indexes: []fieldindex.Definition{*all.Find(index)}}
	entries, err := fieldindex.NewSet(&own).Entries(id, []byte(doc))
	d.ok(err)
	if len(entries.List) != 1 {
		d.t.Fatalf("%s has %d entries in %q", doc, len(entries.List), index)
	}
	return entries.List[0].Key
}

// corpus writes what the field index t says of its words.
func (d *damager) corpus(c fieldindex.Corpus) {
	d.t.Helper()
	all, err := fieldindex.Decode(d.get(keyFieldIndexes)[checksumSize:])
	d.ok(err)
	key := all.Find("t").CorpusKey()
	stored, err := c.Append(make([]byte, checksumSize))
	d.ok(err)
	seal(key, stored)
	d.put(key, stored)
}

// definitions edits the definitions of the field indexes.
func (d *damager) definitions(edit func(*fieldindex.Definitions)) {
	d.t.Helper()
	all, err := fieldindex.Decode(d.get(keyFieldIndexes)[checksumSize:])
	d.ok(err)
	edit(all)
	encoded, err := all.Encode()
	d.ok(err)
	stored := append(make([]byte, checksumSize), encoded...)
	seal(keyFieldIndexes, stored)
	d.change(func(b *kv.Batch) { b.Put(d.bucket, keyFieldIndexes, stored) })
}

func TestCheckFieldIndexes(t *testing.T) {
	for _, tt := range fieldIndexDamages {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, nil)
			f.ensure(FieldIndex{Fields: []string{"n"}})
			f.ensure(FieldIndex{Fields: []string{"u"}, Unique: true})
			f.put("a", `{"u":1,"n":[1,2]}`)
			f.ensure(FieldIndex{Fields: []string{"t"}, Kind: FieldIndexText})
			f.ensure(FieldIndex{Fields: []string{"p"}, Kind: FieldIndexGeo})
			f.put("b", `{"u":2,"n":3,"t":"south alaska","p":"34,-118"}`)
			f.sound()
			f.damage(tt.do)
			report, err := f.s.Check(ctx)
			f.ok(err)
			if !slices.ContainsFunc(report.Problems, func(p string) bool { return strings.Contains(p, tt.want) }) {
				t.Errorf("problems %q, want %q", report.Problems, tt.want)
			}
		})
	}
}
