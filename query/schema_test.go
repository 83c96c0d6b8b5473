package query

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// The mapping of the tests, and a document.
const (
	shopMapping = `{"dynamic":"strict","properties":{
		"name":{"type":"text","fields":{"raw":{"type":"keyword","ignore_above":20}},"copy_to":"all"},
		"brand":{"type":"keyword","copy_to":["all"]},
		"all":{"type":"text","fields":{"raw":{"type":"keyword"}}},
		"size":{"properties":{"w":{"type":"integer"},"h":{"type":"integer"}}},
		"dotted.key":{"type":"long"},
		"parts":{"type":"nested","properties":{"sku":{"type":"keyword"},"tags":{"type":"nested","properties":{"k":{"type":"keyword"}}}}},
		"off":{"type":"object","enabled":false,"properties":{"x":{"type":"long"}}},
		"title":{"type":"alias","path":"name.raw"},
		"empty":{"properties":{}}}}`

	shopItem = `{"name":"Blue Chair","brand":"Norvik","size":[{"w":3},{"h":null}],"dotted":{"key":4},"parts":[{"sku":"s1"}],` +
		`"off":{"x":1},"empty":{"y":1},"other":5}`
)

func TestSchema(t *testing.T) {
	schema, err := ParseMapping([]byte(shopMapping))
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]bool{
		`{"term":{"name":"chair"}}`:                  true,
		`{"term":{"name.raw":"Blue Chair"}}`:         true,
		`{"term":{"name.raw":"chair"}}`:              false,
		`{"term":{"title":"Blue Chair"}}`:            true,
		`{"term":{"all":"chair"}}`:                   true,
		`{"term":{"all":"norvik"}}`:                  true,
		`{"term":{"all.raw":"Norvik"}}`:              true,
		`{"term":{"all.raw":"norvik"}}`:              false,
		`{"exists":{"field":"all"}}`:                 true,
		`{"term":{"size.w":"3"}}`:                    true,
		`{"term":{"size":3}}`:                        false,
		`{"term":{"dotted.key":4.9}}`:                false,
		`{"range":{"dotted.key":{"gt":3.5}}}`:        true,
		`{"exists":{"field":"size"}}`:                true,
		`{"exists":{"field":"size.h"}}`:              false,
		`{"exists":{"field":"dotted"}}`:              true,
		`{"exists":{"field":"si*"}}`:                 true,
		`{"exists":{"field":"*.h"}}`:                 false,
		`{"exists":{"field":"s*.h"}}`:                false,
		`{"exists":{"field":"n*.raw"}}`:              true,
		`{"exists":{"field":"off"}}`:                 false,
		`{"exists":{"field":"off.x"}}`:               false,
		`{"exists":{"field":"empty"}}`:               false,
		`{"exists":{"field":"other"}}`:               false,
		`{"term":{"other":5}}`:                       false,
		`{"exists":{"field":"parts"}}`:               false,
		`{"term":{"parts.sku":"s1"}}`:                false,
		`{"exists":{"field":"_index"}}`:              true,
		`{"exists":{"field":"_id"}}`:                 true,
		`{"term":{"_id":"d1"}}`:                      true,
		`{"terms":{"_id":["d0","d1"]}}`:              true,
		`{"term":{"_id":"d2"}}`:                      false,
		`{"range":{"size":{"gte":1}}}`:               false,
		`{"range":{"nowhere":{}}}`:                   false,
		`{"bool":{"must_not":{"term":{"other":5}}}}`: true,
	} {
		q, err := ParseElasticsearch([]byte(query))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Compile(q, &Options{Schema: schema})
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if got := m.Match("d1", []byte(shopItem)); got != want {
			t.Errorf("%s: %t", query, got)
		}
	}
	// A value that the field cannot have is an error, whether or not the field is in sight.
	for _, query := range []string{`{"term":{"size.w":"x"}}`, `{"term":{"_index":"x"}}`,
		`{"exists":{"field":"_source"}}`} {
		q, err := ParseElasticsearch([]byte(query))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = Compile(q, &Options{Schema: schema}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v", query, err)
		}
	}
}

// What people write goes by the schema, too.
func TestSchemaOfShortLanguage(t *testing.T) {
	schema, err := ParseMapping([]byte(shopMapping))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		`name = "chair"`: true, `name = "Chair"`: false, `size.w = 3 and size.w < "4"`: true, `name like "ch*r"`: true,
		`title like "Blue*"`:   true,
		`name =~ "(red|blue)"`: true, `other = 5`: false, `brand != "Norvik"`: false, `size exists`: true,
		`size.h missing`: true,
	} {
		q, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Compile(q, &Options{Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Match("d1", []byte(shopItem)); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

func TestParseMappingForms(t *testing.T) {
	for mapping, want := range map[string]string{
		`{}`:                                                 "",
		`{"properties":{}}`:                                  "",
		`{"dynamic":"false"}`:                                "",
		`{"a":{"type":"long"}}`:                              "a",
		`{"properties":{"a":{"type":"long"}}}`:               "a",
		`{"properties":{"type":"keyword"}}`:                  "properties",
		`{"type":{"type":"keyword"}}`:                        "type",
		`{"properties":{"type":{"type":"ip"}}}`:              "type",
		`{"_meta":{"x":1},"properties":{"a":{"type":"ip"}}}`: "a",
		` { "properties" : { "a" : { "properties" : { "b" : { "type" : "date" } } } } } `: "a.b",
	} {
		s, err := ParseMapping([]byte(mapping))
		if err != nil {
			t.Errorf("%s: %v", mapping, err)
			continue
		}
		if got := strings.Join(s.names, " "); got != want {
			t.Errorf("%s: fields %s, want %s", mapping, got, want)
		}
	}
}

func TestParseMappingErrors(t *testing.T) {
	deep := strings.Repeat(`{"a":{"properties":`, 21) + `{"b":{"type":"long"}}` + strings.Repeat(`}}`, 21)
	for mapping, want := range map[string]string{
		`[]`:                        `a mapping must be an object`,
		`{"a":{"type":"strnig"}}`:   `No handler for type [strnig] declared on field [a] (at a)`,
		`{"properties":5}`:          `Expected map for [properties] but got 5`,
		`{"properties":{},"foo":1}`: `Root mapping definition has unsupported parameters:  [foo : 1]`,
		`{"dynamic":true,"runtime":{"a":{"type":"long"}}}`: `Root mapping definition has unsupported parameters:  [runtime : {"a":{"type":"long"}}]`,
		`{"a":{}}`:                      `No type specified for field [a] (at a)`,
		`{"a":{"type":"token_count"}}`:  `fields of type [token_count] are not supported: field [a] (at a)`,
		`{"a":{"type":"scaled_float"}}`: `Failed to parse mapping: Field [scaling_factor] is required (at a)`,
		`{"a":{"type":"date_range","format":"bad format x"}}`: `Failed to parse mapping: Error parsing [format] on field [a]: ` +
			`Invalid format: [bad format x]: Unknown pattern letter: b (at a)`,
		`{"o":{"properties":{"a":{"type":"keyword","foo":1}}}}`:                 `unknown parameter [foo] on mapper [a] of type [keyword] (at o.a)`,
		`{"a":{"type":"text","null_value":"x"}}`:                                `unknown parameter [null_value] on mapper [a] of type [text] (at a)`,
		`{"a":{"type":"long","ignore_above":1}}`:                                `unknown parameter [ignore_above] on mapper [a] of type [long] (at a)`,
		`{"a":{"type":"long","null_value":"x"}}`:                                `Failed to parse mapping: For input string: "x" (at a)`,
		`{"a":{"type":"date","null_value":"x"}}`:                                `Failed to parse mapping: null_value [x] of field [a] is no value of type [date] (at a)`,
		`{"a":{"type":"date","format":"foo"}}`:                                  `Failed to parse mapping: Error parsing [format] on field [a]: Invalid format: [foo]: Unknown pattern letter: f (at a)`,
		`{"a":{"type":"text","analyzer":"klingon"}}`:                            `Failed to parse mapping: analyzer [klingon] has not been configured in mappings (at a)`,
		`{"a":{"type":"keyword","normalizer":"x"}}`:                             `normalizer [x] not found for field [a] (at a)`,
		`{"a":{"type":"keyword","ignore_above":-1}}`:                            `Failed to parse mapping: [ignore_above] must be positive, got [-1] (at a)`,
		`{"a":{"type":"long","index":"maybe"}}`:                                 `Failed to parse mapping: Failed to parse value [maybe] as only [true] or [false] are allowed. (at a)`,
		`{"":{"type":"long"}}`:                                                  `Failed to parse mapping: field name cannot be an empty string`,
		`{"a..b":{"type":"long"}}`:                                              `Failed to parse mapping: field name cannot contain only whitespace: ['a..b']`,
		`{"a":5}`:                                                               `Expected map for property [fields] on field [a] but got a class java.lang.String (at a)`,
		`{"a":{"type":"alias"}}`:                                                `The [path] property must be specified for field [a]. (at a)`,
		`{"a":{"type":"alias","path":"b"}}`:                                     `Invalid [path] value [b] for field alias [a]: an alias must refer to an existing field in the mappings. (at a)`,
		`{"a":{"type":"text","fields":{"b":{"type":"object"}}}}`:                `Type [object] cannot be used in multi field (at a.b)`,
		`{"a":{"type":"nested","include_in_parent":true}}`:                      `[include_in_parent] is not supported: fields below [a] are found by a nested query only (at a)`,
		`{"a":{"type":"text","fields":{"b":{"type":"keyword","fields":{}}}}}`:   `unknown parameter [fields] on mapper [b] of type [keyword] (at a.b)`,
		`{"a":{"type":"text","fields":{"b":{"type":"keyword","copy_to":"a"}}}}`: `unknown parameter [copy_to] on mapper [b] of type [keyword] (at a.b)`,
		`{"a":{"type":"nested","foo":1}}`:                                       `unknown parameter [foo] on mapper [a] of type [nested] (at a)`,
		`{"a":{"type":"keyword","copy_to":"b"}}`:                                `copy_to to a field that the mapping does not have is not supported: [b] (at b)`,
		`{"a.b":{"type":"long"},"a":{"properties":{"b":{"type":"long"}}}}`:      `Failed to parse mapping: field [a.b] is defined more than once (at a.b)`,
		deep: `Limit of mapping depth [20] has been exceeded due to object field [`,
		`{"a":{"type":"text","search_analyzer":"simple"}}`: `[search_analyzer] that is not the analyzer of the field is not supported: field [a] (at a)`,
	} {
		_, err := ParseMapping([]byte(mapping))
		if !errors.Is(err, ErrInvalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.200s: error %v\nwant: %s", mapping, err, want)
		}
	}
}

// A fuzzy clause looks for the best terms of all documents only, if these are known.
func TestFuzzyTerms(t *testing.T) {
	schema, err := ParseMapping([]byte(`{"k":{"type":"keyword"},"other":{"type":"alias","path":"k"}}`))
	if err != nil {
		t.Fatal(err)
	}
	all := documentTerms{"k": {"aaaa"}}
	for i := range 60 {
		all["k"] = append(all["k"], fmt.Sprintf("aaa%c", 'A'+i))
	}
	slices.Sort(all["k"])
	all["k"] = slices.Compact(all["k"])
	for query, want := range map[string]int{
		`{"fuzzy":{"k":"aaaa"}}`:                                            50,
		`{"fuzzy":{"k":{"value":"aaaa","max_expansions":3}}}`:               3,
		`{"fuzzy":{"k":{"value":"aaaa","rewrite":"constant_score"}}}`:       60,
		`{"fuzzy":{"k":{"value":"aaaa","rewrite":"top_terms_7"}}}`:          7,
		`{"fuzzy":{"k":{"value":"aaaa","fuzziness":0,"max_expansions":1}}}`: 1,
		`{"fuzzy":{"other":{"value":"aaaa","max_expansions":2}}}`:           2,
		`{"prefix":{"k":"aaa"}}`:                                            60,
		`{"prefix":{"k":{"value":"aaa","rewrite":"top_terms_boost_5"}}}`:    5,
		`{"wildcard":{"k":{"value":"a*","rewrite":"top_terms_4"}}}`:         4,
	} {
		q, err := ParseElasticsearch([]byte(query))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Compile(q, &Options{Schema: schema, Terms: all})
		if err != nil {
			t.Fatal(err)
		}
		matched := map[string]bool{}
		for _, term := range all["k"] {
			if m.Match("", []byte(fmt.Sprintf(`{"k":%q}`, term))) {
				matched[term] = true
			}
		}
		if len(matched) != want {
			t.Errorf("%s: %d terms, want %d", query, len(matched), want)
		}
		if strings.Contains(query, "fuzzy") && !matched["aaaa"] {
			t.Errorf("%s: the term itself is not among %v", query, slices.Sorted(maps.Keys(matched)))
		}
	}
}

func TestMatchesStars(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"*", "", true}, {"a*", "a", true}, {"a*b", "ab", true}, {"a*b", "acb", true},
		{"a*b", "a", false}, {"aa*aa", "aaa", false}, {"*b*", "abc", true}, {"*b*b*", "abc", false}, {"a*.*.c",
			"a.b.c", true}, {"*a*ab", "xaab", true},
		{"*ab*b", "ab", false},
	} {
		if got := matchesStars(c.pattern, c.name); got != c.want {
			t.Errorf("%q matches %q: %t", c.pattern, c.name, got)
		}
	}
}

func FuzzParseMapping(f *testing.F) {
	f.Add([]byte(shopMapping))
	f.Add([]byte(`{"a":{"type":"date","format":"yyyy||epoch_millis","null_value":0},"f":{"type":"flattened"},"b":{"type":"half_float"}}`))
	f.Add([]byte(`{"a":{"type":"ip","null_value":"::1"},"b":{"type":"boolean","null_value":""},"c":{"type":"keyword","normalizer":"lowercase"}}`))
	doc := []byte(`{"a":[1,"x",{"b":null},"2018-01-01"],"b":{"c":[]},"c":"::1","f":{"a":[{}]},"name":"Blue Chair","size":{"w":"7.9"}}`)
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := ParseMapping(raw)
		if err != nil {
			var e *DSLError
			if !errors.As(err, &e) {
				t.Fatalf("%T", err)
			}
			return
		}
		for _, name := range s.names {
			for _, q := range []*Query{Exists(name), Eq(name, 1), Eq(name, "x"), Gt(name, 1), Prefix(name, "x")} {
				if m, err := Compile(q, &Options{Schema: s}); err == nil {
					m.Match("id", doc)
				}
			}
		}
	})
}
