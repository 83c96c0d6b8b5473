package highlight_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/query"
)

// Without its tags a fragment is a part of a value of the field, whatever is searched for, and tags are in pairs.
func FuzzHighlight(f *testing.F) {
	f.Add("The quick. Brown fox!", "a\U0001F600b", "quick fox", 20, 5, 0)
	f.Add("a b a b. A b", "b a", `"a b"~2 OR qu*`, 3, 0, 7)
	f.Add("x\x00y é. (É", "", "y OR (x AND é)", 1, 1, 13)
	f.Add("ab ab", "", "/a./ [a TO b} ab~1", 1, 100, 255)
	schema, err := query.ParseMapping([]byte(
		`{"t":{"type":"text","fields":{"k":{"type":"keyword"},"s":{"type":"text","analyzer":"stop"}}}}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, one, two, q string, size, fragments, flags int) {
		const open, closing = "\ue000", "\ue001"
		if !utf8.ValidString(one) || !utf8.ValidString(two) || !utf8.ValidString(q) ||
			strings.ContainsAny(one+two, open+closing) || fragments < 0 || size < -5 {
			return
		}
		is := func(bit int) bool { return flags>>bit&1 == 1 }
		choose := func(bit int, no, yes string) string { return map[bool]string{false: no, true: yes}[is(bit)] }
		request := fmt.Sprintf(`{"pre_tags":%q,"post_tags":%q,"fragment_size":%d,"number_of_fragments":%d,"type":%q,"order":%q,
			"require_field_match":%t,"boundary_scanner":%q,"no_match_size":%d,"fields":{"*":{"fragmenter":%q}}}`,
			open, closing, size, fragments%1000, choose(0, "unified", "plain"), choose(1, "none", "score"), is(2),
			choose(3, "sentence", "word"), flags>>8&15, choose(4, "span", "simple"))
		text, _ := json.Marshal(q)
		clause := fmt.Sprintf(`{"query_string":{"query":%s,"fields":["t","t.*"]}}`, text)
		if is(5) {
			clause = fmt.Sprintf(`{"match_phrase":{"t":{"query":%s,"slop":%d}}}`, text, flags>>6&3)
		}
		doc, _ := json.Marshal(map[string]any{"t": []string{one, two}})
		for _, schema := range []*query.Schema{schema, nil} {
			h, err := compile([]byte(clause), []byte(request), schema)
			if err != nil {
				return // the query is wrong
			}
			raw, err := h.Highlight("d", doc)
			if err != nil {
				t.Fatal(err)
			}
			var fields map[string][]string
			if raw != nil && json.Unmarshal(raw, &fields) != nil {
				t.Fatalf("%s", raw)
			}
			for _, list := range fields {
				for _, fragment := range list {
					plain := strings.NewReplacer(open, "", closing, "").Replace(fragment)
					if strings.Count(fragment, open) != strings.Count(fragment, closing) ||
						!strings.Contains(one+"\x00"+two, plain) || !utf8.ValidString(fragment) {
						t.Errorf("%s %s: %q is no part of %q, %q", request, clause, fragment, one, two)
					}
				}
			}
		}
	})
}
