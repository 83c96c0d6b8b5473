package fieldindex

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// spaced stands for package query, which this package does not import: words are what is between spaces, and the cell of
// a number is the number.
type spaced struct{ filter.Language }

func (spaced) Split(analyzer string) (filter.Splitter, error) {
	if analyzer != "spaces" {
		return nil, errors.New("no such analyzer")
	}
	return &spacedWords{}, nil
}

func (spaced) AppendCells(dst []uint64, value []byte) []uint64 {
	for text := range strings.SplitSeq(strings.Trim(string(value), "[]"), ",") {
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			dst = append(dst, n)
		}
	}
	return dst
}

type spacedWords struct {
	next, tokens int
	at           map[string][]int
}

func (s *spacedWords) Reset() { *s = spacedWords{at: map[string][]int{}} }

func (s *spacedWords) Add(text []byte) {
	for word := range strings.FieldsSeq(string(text)) {
		s.at[word] = append(s.at[word], s.next)
		s.next++
		s.tokens++
	}
	s.next += filter.PositionGap
}

func (s *spacedWords) Tokens() int { return s.tokens }
func (s *spacedWords) Len() int    { return len(s.at) }
func (s *spacedWords) At(i int) ([]byte, []int) {
	var words []string
	for w := range s.at {
		words = append(words, w)
	}
	slices.Sort(words)
	return []byte(words[i]), s.at[words[i]]
}

func words(t *testing.T) *Set {
	t.Helper()
	t.Cleanup(func() { filter.Register(nil) })
	filter.Register(spaced{})
	d := on("t")
	d.Kind, d.Analyzer = Text, "spaces"
	return setOf(d)
}

func TestWords(t *testing.T) {
	s := words(t)
	for doc, want := range map[string]string{
		`{}`: "", `{"t":null}`: "", `{"t":{"x":"a"}}`: "", `{"t":""}`: "", `{"t":[]}`: "",
		`{"t":"b a b"}`:                    "a of 3 at [1], b of 3 at [0 2]",
		`{"t":["a b",null,{"t":1},["a"]]}`: "a of 3 at [0 102], b of 3 at [1]",
		`{"t":[1.50,true,"a"]}`:            "1.50 of 3 at [0], a of 3 at [202], true of 3 at [101]",
		`{"t":"\u0061\u0000 b"}`:           "a\x00 of 2 at [0], b of 2 at [1]",
	} {
		var got []string
		for _, e := range entriesOf(t, s, "id", doc).List {
			key := e.Key[len(s.Indexes[0].Prefix()):]
			tokens, places, ok := Places(nil, e.Value("id"))
			id, isEntry := s.Indexes[0].AppendIDOf(nil, e.Key, e.Value("id"))
			if !ok || !isEntry || string(id) != "id" || e.Unique {
				t.Errorf("%s: entry %q, value %x, id %q", doc, e.Key, e.Places, id)
			}
			got = append(got, fmt.Sprintf("%s of %d at %v", sortkey.BeginningOf(key[:sortkey.Len(key, false)]), tokens, places))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %q, want %q", doc, got, want)
		}
	}
}

// Long words are cut, and then in the order of their hashes: so are the entries, besides those of others.
func TestLongWords(t *testing.T) {
	s := words(t)
	long := strings.Repeat("x", 520)
	var all []string
	for i := range 50 {
		all = append(all, fmt.Sprint(long, i), fmt.Sprint("y", i))
	}
	e := entriesOf(t, s, "id", `{"t":"`+strings.Join(all, " ")+`"}`)
	if len(e.List) != 100 {
		t.Fatalf("%d entries", len(e.List))
	}
	for _, one := range e.List {
		if tokens, places, ok := Places(nil, one.Places); !ok || tokens != 100 || len(places) != 1 {
			t.Errorf("%x has %d, %v", one.Key, tokens, places)
		}
	}
}

func TestTooManyWords(t *testing.T) {
	s := words(t)
	long := func(n int) []byte { return fmt.Appendf(nil, `{"t":"%s"}`, strings.Repeat("a ", n)) }
	if e, err := s.Entries("id", long(3*MaxWords)); err != nil || len(e.List) != 1 {
		t.Errorf("one word, often: %d entries, %v", len(e.List), err)
	}
	defer func(n int) { mostWords = n }(mostWords)
	mostWords = 3
	var many *TooManyError
	if _, err := s.Entries("id", []byte(`{"t":"a b c d"}`)); !errors.As(err, &many) || many.Most != 3 {
		t.Errorf("error %v", err)
	}
	if e, err := s.Entries("id", []byte(`{"t":"a b c b a"}`)); err != nil || len(e.List) != 3 {
		t.Errorf("%d entries, %v", len(e.List), err)
	}
}

// An entry that stays, but has other places, comes anew.
func TestDiffOfPlaces(t *testing.T) {
	s := words(t)
	list := func(text string) []Entry { return entriesOf(t, s, "id", fmt.Sprintf(`{"t":%q}`, text)).List }
	var gone, come []string
	word := func(e *Entry) string { return string(e.Key[6 : len(e.Key)-4]) }
	Diff(list("a b c d"), list("a c b e"), func(e *Entry) { gone = append(gone, word(e)) }, func(e *Entry) { come = append(come, word(e)) })
	if !reflect.DeepEqual(gone, []string{"d"}) || !reflect.DeepEqual(come, []string{"b", "c", "e"}) {
		t.Errorf("gone %q, come %q", gone, come)
	}
}

func TestKindsNotLinked(t *testing.T) {
	filter.Register(nil)
	for _, kind := range []Kind{Text, Geo} {
		d := on("t")
		d.Kind = kind
		if _, err := setOf(d).Entries("id", []byte(`{}`)); !errors.Is(err, filter.ErrNotLinked) {
			t.Errorf("%s: error %v", kind, err)
		}
	}
}

func TestPlaces(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var want []int
		for at, n := r.IntN(3), 1+r.IntN(20); n > 0; n-- {
			want = append(want, at)
			at += 1 + r.IntN(1<<r.IntN(20))
		}
		b := appendPlaces(nil, len(want)+7, want)
		tokens, got, ok := Places(nil, b)
		if !ok || tokens != len(want)+7 || !slices.Equal(got, want) {
			t.Fatalf("%v of %d became %v of %d, %v", want, len(want)+7, got, tokens, ok)
		}
	}
	for _, b := range [][]byte{nil, {}, {0}, {1}, {0, 0}, {1, 0x80}, {0x80}, {2, 1, 0}, bytes.Repeat([]byte{0xff}, 12), {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}} {
		if _, places, ok := Places(nil, b); ok {
			t.Errorf("%x has the places %v", b, places)
		}
	}
	far := binary.AppendUvarint([]byte{1}, math.MaxInt32+1) // which an int of 32 bits cannot hold
	if _, places, ok := Places(nil, far); ok && int64(places[0]) != math.MaxInt32+1 {
		t.Errorf("%x has the places %v", far, places)
	}
}

// Whatever is stored for the places of a word is read, or refused, and what is read is written as it was.
func FuzzPlaces(f *testing.F) {
	f.Add([]byte{3, 0, 1, 1})
	f.Add([]byte{0x80, 1, 0x80, 0x80, 4})
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		tokens, places, ok := Places(nil, b)
		if !ok {
			return
		}
		if tokens <= 0 || len(places) == 0 || !slices.IsSorted(places) || len(slices.Compact(slices.Clone(places))) != len(places) {
			t.Fatalf("%x has the places %v of %d", b, places, tokens)
		}
		again, other, ok := Places(nil, appendPlaces(nil, tokens, places))
		if !ok || again != tokens || !slices.Equal(other, places) {
			t.Errorf("%x: %v of %d became %v of %d", b, places, tokens, other, again)
		}
	})
}

func TestCheckDefinition(t *testing.T) {
	text := func(change func(d *Definition)) Definition {
		d := on("t")
		d.Name, d.Kind, d.Analyzer = "n", Text, "standard"
		change(&d)
		return d
	}
	for want, d := range map[string]Definition{
		"":                             text(func(*Definition) {}),
		"must have one":                text(func(d *Definition) { d.Fields = on("a", "b").Fields }),
		"descending":                   text(func(d *Definition) { d.Fields = on("-a").Fields }),
		"unique":                       text(func(d *Definition) { d.Unique = true }),
		"sparse":                       text(func(d *Definition) { d.Sparse = true }),
		`of the kind "words"`:          text(func(d *Definition) { d.Kind = "words" }),
		"has the analyzer":             text(func(d *Definition) { d.Kind = Ordered }),
		`"standard", which`:            text(func(d *Definition) { d.Kind = Geo }),
		"of kind geo cannot be unique": text(func(d *Definition) { d.Kind, d.Analyzer, d.Unique = Geo, "", true }),
	} {
		err := d.Check()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v", want, err)
		}
		all := &Definitions{Next: 1, Indexes: []Definition{d}}
		b, encodeErr := all.Encode()
		if encodeErr != nil {
			t.Fatal(encodeErr)
		}
		if back, decodeErr := Decode(b); fmt.Sprint(decodeErr) != fmt.Sprint(err) || err == nil && !reflect.DeepEqual(back, all) {
			t.Errorf("%s: decoded to %+v, %v", b, back, decodeErr)
		}
	}
}
