package fieldindex

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

func points(t *testing.T) *Set {
	t.Helper()
	t.Cleanup(func() { filter.Register(nil) })
	filter.Register(spaced{})
	d := on("p")
	d.Kind = Geo
	return setOf(d)
}

func TestPoints(t *testing.T) {
	s := points(t)
	for doc, want := range map[string][]uint64{
		`{}`: nil, `{"p":null}`: nil, `{"p":"x"}`: nil, `{"p":7}`: {7}, `{"p":[300,7,18446744073709551615,7]}`: {7, 300, math.MaxUint64},
		`{"p":[]}`: nil, `{"a":1,"p":0}`: {0},
	} {
		var got []uint64
		for _, e := range entriesOf(t, s, "id", doc).List {
			id, ok := s.Indexes[0].AppendIDOf(nil, e.Key, e.Value("id"))
			if !ok || string(id) != "id" || len(e.Value("id")) > 0 {
				t.Errorf("%s: entry %x has the id %q, value %x", doc, e.Key, id, e.Value("id"))
			}
			got = append(got, binary.BigEndian.Uint64(e.Key[5:]))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: cells %v, want %v", doc, got, want)
		}
	}
	if id, ok := s.Indexes[0].AppendIDOf(nil, []byte("f\x00\x00\x00\x00\x01\x02"), nil); ok {
		t.Errorf("half a cell has the id %q", id)
	}
}

func TestTooManyPoints(t *testing.T) {
	var list []string
	for n := range MaxEntries {
		list = append(list, fmt.Sprint(n))
	}
	s, many := points(t), (*TooManyError)(nil)
	if e, err := s.Entries("id", fmt.Appendf(nil, `{"p":[%s,1]}`, strings.Join(list, ","))); err != nil || len(e.List) != MaxEntries {
		t.Errorf("%d entries, %v", len(e.List), err)
	}
	if _, err := s.Entries("id", fmt.Appendf(nil, `{"p":[%s,99999]}`, strings.Join(list, ","))); !errors.As(err, &many) {
		t.Errorf("error %v", err)
	}
}

func TestCellSpan(t *testing.T) {
	s := points(t)
	for _, r := range []filter.CellRange{{First: 7, Last: 7}, {First: 0, Last: 300}, {First: 255, Last: math.MaxUint64}} {
		span := s.Indexes[0].CellSpan(r)
		for _, cell := range []uint64{0, 6, 7, 8, 254, 255, 256, 300, 301, math.MaxUint64} {
			key := entriesOf(t, s, "\xff\xffid", fmt.Sprintf(`{"p":%d}`, cell)).List[0].Key
			if span.Contains(key) != (r.First <= cell && cell <= r.Last) {
				t.Errorf("the span of %v has the cell %d: %v", r, cell, span.Contains(key))
			}
		}
	}
}
