package query

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

const groupTypes = `{"k":{"type":"keyword","ignore_above":5},"low":{"type":"keyword","null_value":"none"},` +
	`"l":{"type":"long"},"d":{"type":"double"},"t":{"type":"text"},"b":{"type":"boolean"},"date":{"type":"date"},` +
	`"ip":{"type":"ip"},"g":{"type":"geo_point"},"flat":{"type":"flattened"},"to":{"type":"keyword","copy_to":"k"},` +
	`"bare":{"type":"keyword","doc_values":false},"hidden":{"type":"integer","index":false},"same":{"type":"alias",` +
	`"path":"l"},` +
	`"o":{"type":"nested","properties":{"k":{"type":"keyword"}}},"obj":{"properties":{"k":{"type":"keyword"}}}}`

func groupSchema(t *testing.T) *Schema {
	t.Helper()
	s, err := ParseMapping([]byte(groupTypes))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGroupingRefused(t *testing.T) {
	s := groupSchema(t)
	unsupported := func(field, typ string) string {
		return "collapse is not supported for the field [" + field + "] of the type [" + typ + "]"
	}
	for field, want := range map[string]string{
		"k": "", "l": "", "d": "", "same": "", "o.k": "", "obj.k": "", "hidden": "",
		"t": unsupported("t", "text"), "b": unsupported("b", "boolean"), "date": unsupported("date", "date"),
		"ip": unsupported("ip", "ip"), "g": unsupported("g", "geo_point"), "flat": unsupported("flat", "flattened"),
		"flat.x": unsupported("flat.x", "flattened"), "_id": unsupported("_id", "_id"), "_index": unsupported("_index", "_index"),
		"nope": "no mapping found for `nope` in order to collapse on", "obj": "no mapping found for `obj` in order to collapse on",
		"bare": "cannot collapse on field `bare` without `doc_values`",
	} {
		_, err := s.Grouping(field, false)
		if got := reasonOf(err); got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
	_, err := s.Grouping("hidden", true)
	if want := "cannot expand `inner_hits` for collapse field `hidden`, only indexed field can retrieve " +
		"`inner_hits`"; reasonOf(err) != want {
		t.Error(err)
	}
}

func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	return err.(*DSLError).Reason
}

// TestGrouping: which documents are in one group.
func TestGrouping(t *testing.T) {
	const several = "several"
	for _, c := range []struct {
		field string
		docs  []string
		want  []string // a name for the group of each
	}{
		{"k", []string{`{"k":"a"}`, `{"k":["a","a"]}`, `{"k":"b"}`, `{}`, `{"k":null}`, `{"k":"longer"}`, `{"k":["a","b"]}`,
			`{"to":"a"}`},
			[]string{"a", "a", "b", "", "", "", several, "a"}},
		{"k", []string{`{"k":7}`, `{"k":"7"}`, `{"k":7.0}`}, []string{"7", "7", "7.0"}},
		{"low", []string{`{"low":null}`, `{"low":"none"}`, `{}`}, []string{"n", "n", ""}},
		{"l", []string{`{"l":1}`, `{"l":"1"}`, `{"l":1.9}`, `{"l":-1}`, `{"l":[1]}`, `{"l":[1,1]}`, `{"l":[]}`},
			[]string{"1", "1", "1", "-1", "1", several, ""}},
		{"same", []string{`{"l":1}`, `{"same":1}`}, []string{"1", ""}},
		{"d", []string{`{"d":1.5}`, `{"d":"1.5"}`, `{"d":15e-1}`, `{"d":1}`}, []string{"a", "a", "a", "b"}},
		{"o.k", []string{`{"o":{"k":"a"}}`, `{"o":[{"k":"a"},{"k":"b"}]}`, `{}`}, []string{"", "", ""}},
		{"obj.k", []string{`{"obj":{"k":"a"}}`, `{"obj.k":"a"}`, `{"obj":[{"k":"a"},{"k":"b"}]}`}, []string{"a", "a",
			several}},
	} {
		g, err := groupSchema(t).Grouping(c.field, false)
		if err != nil {
			t.Fatal(err)
		}
		sameGroups(t, g, c.field, c.docs, c.want, several)
	}
	g, err := (*Schema)(nil).Grouping("k", true)
	if err != nil {
		t.Fatal(err)
	}
	sameGroups(t, g, "without a schema", []string{
		`{"k":1}`, `{"k":1.0}`, `{"k":"1"}`, `{"k":true}`, `{"k":null}`, `{}`, `{"k":{"x":1}}`, `{"k":[1,1]}`, `{"k":[1,2]}`,
	}, []string{"1", "1", "t", "true", "", "", "", "1", several}, several)
}

func sameGroups(t *testing.T, g *Grouping, name string, docs, want []string, several string) {
	t.Helper()
	names := map[string]string{}
	for i, doc := range docs {
		group, err := g.AppendGroup([]byte("x"), []byte(doc))
		if want[i] == several {
			if err == nil || !strings.Contains(err.Error(), "the grouping field must be single valued") {
				t.Errorf("%s: %s has several values: %v", name, doc, err)
			}
			continue
		}
		if err != nil || group[0] != 'x' {
			t.Errorf("%s: %s: %q %v", name, doc, group, err)
		}
		for known, of := range names {
			if (known == string(group)) != (of == want[i]) {
				t.Errorf("%s: %s is in the group %q, which is that of %s", name, doc, group, of)
			}
		}
		names[string(group)] = want[i]
	}
}

// TestGroupingNaive compares with the texts of values.
func TestGroupingNaive(t *testing.T) {
	g, err := groupSchema(t).Grouping("k", false)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		groups, texts := map[string]string{}, map[string]string{}
		for range 30 {
			text := ""
			for range rnd.IntN(4) {
				text += string("a\x00é\"\\"[rnd.IntN(5)])
			}
			text = strings.ToValidUTF8(text, "?")
			doc, _ := json.Marshal(map[string]any{"k": text})
			group, err := g.AppendGroup(nil, doc)
			if err != nil {
				t.Fatal(err)
			}
			if known, ok := groups[string(group)]; ok && known != text || texts[text] != "" && texts[text] != string(group) {
				t.Fatalf("seed %d: %q and %q are in the group %q", seed, known, text, group)
			}
			groups[string(group)], texts[text] = text, string(group)
		}
	}
}

func TestParseElasticsearchCollapse(t *testing.T) {
	for raw, want := range map[string]string{
		`{"field":"k"}`: "k []",
		`{"max_concurrent_group_searches":"2","inner_hits":{"name":"a"},"field":"k"}`:                               "k [a 0 3]",
		`{"field":"k","inner_hits":[{"name":"a","size":0},{"name":"b","from":1},{"name":"a","track_scores":true}]}`: "k [a 0 3 scores b 1 3]",
		`{"field":"k","inner_hits":{"name":"a","collapse":{"field":"x"},"sort":["n"]}}`:                             "k [a 0 3 by x sorted]",
		`"k"`: "Unknown key for a VALUE_STRING in [collapse].",
		`{}`:  "no collapse field specified", `{"field":5}`: "[collapse] field doesn't support values of type: VALUE_NUMBER",
		`{"field":""}`:             "[collapse] failed to parse field [field]",
		`{"field":"k","inner":{}}`: "[collapse] unknown field [inner]",
		`{"field":"k","max_concurrent_group_searches":0}`:                                       "[collapse] failed to parse field [max_concurrent_group_searches]",
		`{"field":"k","max_concurrent_group_searches":true}`:                                    "[collapse] max_concurrent_group_searches doesn't support values of type: VALUE_BOOLEAN",
		`{"field":"k","inner_hits":{}}`:                                                         "[collapse] failed to parse field [inner_hits]",
		`{"field":"k","inner_hits":[5]}`:                                                        "Invalid token in inner_hits array",
		`{"field":"k","inner_hits":"a"}`:                                                        "[collapse] inner_hits doesn't support values of type: VALUE_STRING",
		`{"field":"k","inner_hits":{"name":"a","foo":1}}`:                                       "[inner_hits] unknown field [foo]",
		`{"field":"k","inner_hits":[` + strings.Repeat(`{"name":"a"},`, 100) + `{"name":"a"}]}`: "a collapse has at most 100 [inner_hits]",
	} {
		c, err := ParseElasticsearchCollapse([]byte(raw))
		got := reasonOf(err)
		if err == nil {
			list := []string{}
			for _, h := range c.Inner {
				text := fmt.Sprintf("%s %d %d", h.Name, h.From, h.Size)
				for word, on := range map[string]bool{" scores": h.Scores, " by " + h.Field: h.Field != ""} {
					if on {
						text += word
					}
				}
				if h.Sort != nil {
					text += " sorted"
				}
				list = append(list, text)
			}
			got = fmt.Sprintf("%s %v", c.Field, list)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
	}
}

// FuzzCollapse: no request makes the package panic, and what is accepted is within its bounds.
func FuzzCollapse(f *testing.F) {
	f.Add([]byte(`{"field":"k","inner_hits":[{"name":"a","size":1,"sort":[{"l":"desc"}],"_source":["k"],`+
		`"collapse":{"field":"l"}}]}`),
		[]byte(`{"k":["a","b"]}`))
	f.Add([]byte(`{"field":"o.k","max_concurrent_group_searches":2,"inner_hits":{"name":"a","from":1}}`),
		[]byte(`{"o":{"k":1}}`))
	f.Fuzz(func(t *testing.T, raw, doc []byte) {
		c, err := ParseElasticsearchCollapse(raw)
		if err != nil {
			return
		}
		if c.Field == "" || len(c.Inner) > mostInnerDefinitions {
			t.Errorf("accepted %s", raw)
		}
		for _, h := range c.Inner {
			if h.From < 0 || h.Size < 0 {
				t.Errorf("accepted %s", raw)
			}
		}
		if json.Valid(doc) {
			for _, s := range []*Schema{nil, groupSchema(t)} {
				if g, err := s.Grouping(c.Field, len(c.Inner) > 0); err == nil {
					_, _ = g.AppendGroup(nil, doc)
				}
			}
		}
	})
}

// FuzzInnerHits: no definition makes the package panic; what is shown of a document are as many objects as asked for.
func FuzzInnerHits(f *testing.F) {
	f.Add([]byte(`{"name":"a","from":1,"size":2,"sort":[{"o.k":"desc"}],"_source":{"excludes":["o.*"]}}`),
		[]byte(`{"o":[{"k":"a"},{"k":"b"}]}`))
	f.Add([]byte(`{"track_scores":true,"sort":[{"_score":"asc"},"_doc"]}`), []byte(`{"o":{"k":1}}`))
	f.Fuzz(func(t *testing.T, inner, doc []byte) {
		q, err := ParseElasticsearch(fmt.Appendf(nil, `{"nested":{"path":"o","query":{"term":{"o.k":"a"}},"inner_hits":%s}}`,
			inner))
		if err != nil {
			return
		}
		h, err := q.InnerHits(&Options{Schema: groupSchema(t)})
		if err != nil || h == nil || !json.Valid(doc) || len(doc) == 0 || doc[0] != '{' {
			return
		}
		h.Observe("a", doc)
		h.Settle()
		all, err := h.Of("a", doc)
		if err != nil || len(all) != 1 || len(all[0].Hits) > min(mostInnerHits, all[0].Total) {
			t.Errorf("%s of %s: %v %v", inner, doc, all, err)
		}
	})
}
