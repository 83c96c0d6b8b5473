package query

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// sortedKey is the key by which a store sorts a document.
func sortedKey(o *filter.Order, id string, doc []byte) []byte {
	return sortkey.AppendID(o.AppendKey(nil, id, doc), id, o.Descending)
}

// sortedBy sorts ids by their keys.
func sortedBy(ids []string, keys map[string][]byte) []string {
	slices.SortFunc(ids, func(a, b string) int { return bytes.Compare(keys[a], keys[b]) })
	return ids
}

func TestBehind(t *testing.T) {
	for _, c := range []struct {
		sort, after   string
		json, byTypes string // the ids; "": the same as json
	}{
		{`"n"`, `[1]`, "a b d c", "b d c"},
		{`"n"`, `[2]`, "a b d c", "b d c"},
		{`"n"`, `["3"]`, "c", "d c"},
		{`"n"`, `[2.5]`, "a b d c", "b d c"},
		{`["n","k"]`, `[9223372036854775807,"a"]`, "c", ""},
		{`["n","k"]`, `[9223372036854775807,"z"]`, "c", "none"},
		{`[{"n":"desc"},"k"]`, `[-9223372036854775808,"a"]`, "c", ""},
		{`{"n":{"missing":"_first"}}`, `[-9223372036854775808]`, "a b d", ""},
		{`{"n":{"missing":"_first"}}`, `[3]`, "d", ""},
		{`"f"`, `[1.5]`, "b c d", ""},
		{`["f","n"]`, `["Infinity",9]`, "c d", "d c"},
		{`"d"`, `["1970"]`, "a c", "b a c"},
		{`"d"`, `[0]`, "b d a c", "b a c"},
		{`"b"`, `[false]`, "a b d c", "a c"},
		{`"b"`, `["false"]`, "c", "a c"},
		{`"k"`, `["B"]`, "b c", ""},
		{`"k"`, `[null]`, "none", ""},
		{`{"k":{"missing":"_first"}}`, `[null]`, "d a b", "d a b c"},
		{`{"k":{"missing":"B"}}`, `[null]`, "b", "b c"},
		{`{"k":{"missing":"C","order":"desc"}}`, `[null]`, "a d", "a d"},
		{`"i"`, `["10.0.0.2"]`, "d c", "c d"},
		{`["b","n"]`, `[false,3]`, "a b d c", "d a c"},
	} {
		o, err := ParseElasticsearchSort([]byte(c.sort))
		if err != nil {
			t.Fatal(err)
		}
		if c.byTypes == "" {
			c.byTypes = c.json
		}
		o = o.Behind([]byte(c.after))
		c.json, c.byTypes = strings.TrimPrefix(c.json, "none"), strings.TrimPrefix(c.byTypes, "none")
		if got := sortedIDs(o, sortDocs); got != c.json {
			t.Errorf("%s behind %s: %s, want %s", c.sort, c.after, got, c.json)
		}
		if got := sortedIDs(o.Mapped(mustMapping(t, sortMapping)), sortDocs); got != c.byTypes {
			t.Errorf("%s behind %s by types: %s, want %s", c.sort, c.after, got, c.byTypes)
		}
	}
}

func TestBehindErrors(t *testing.T) {
	schema := mustMapping(t, sortMapping)
	for _, c := range []struct{ sort, after, want string }{
		{`"n"`, `[1`, `unexpected end`},
		{`"n"`, `1`, `Unknown key for a VALUE_NUMBER in [search_after].`},
		{`"n"`, `[]`, `Values must contains at least one value.`},
		{`[]`, `[1]`, `Sort must contain at least one field.`},
		{`"n"`, `[1,2]`, `search_after has 2 value(s) but sort has 1.`},
		{`"n"`, `[[1]]`, `but found [START_ARRAY] inside search_after.`},
		{`"n"`, `["x"]`, `Failed to parse search_after value for field [n].: For input string: "x" (at n)`},
		{`"n"`, `[null]`, `Failed to parse search_after value for field [n].: null is no value that documents can come behind`},
		{`"d"`, `["x"]`, `Failed to parse search_after value for field [d].: failed to parse date field [x]`},
		{`"b"`, `["x"]`, `Failed to parse search_after value for field [b].`},
		{`"i"`, `["x"]`, `Failed to parse search_after value for field [i].`},
		{`["n","_doc"]`, `[1,2]`, `the order by [_doc] cannot begin behind a value`},
		{`{"_geo_distance":{"p":"0,0"}}`, `[-1]`, `it is no distance`},
	} {
		o, err := ParseElasticsearchSort([]byte(c.sort))
		if err != nil {
			t.Fatal(err)
		}
		_, err = o.Behind([]byte(c.after)).Mapped(schema).Order(filter.Env{})
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s behind %s: %v, want %s", c.sort, c.after, err, c.want)
		}
	}
}
