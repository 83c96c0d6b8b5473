package mapping

import (
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// everything has a field of each type, at several places.
const everything = `{"n":{"type":"integer","fields":{"b":{"type":"byte","coerce":false}}},"s":{"type":"short"},` +
	`"l":{"type":"long"},` +
	`"u":{"type":"unsigned_long"},"f":{"type":"float"},"h":{"type":"half_float"},"d":{"type":"double"},` +
	`"k":{"type":"keyword","ignore_above":3},"t":{"type":"text","copy_to":["k","n"]},"b":{"type":"boolean"},` +
	`"at":{"type":"date"},` +
	`"day":{"type":"date","format":"yyyy-MM-dd||epoch_second"},"ip":{"type":"ip"},"g":{"type":"geo_point"},` +
	`"o":{"properties":{"n":{"type":"long"},"bin":{"type":"binary"}}},"list":{"type":"nested",` +
	`"properties":{"k":{"type":"keyword"}}},` +
	`"off":{"type":"object","enabled":false},"flat":{"type":"flattened"},"r":{"type":"integer_range"},` +
	`"dr":{"type":"date_range"},` +
	`"ir":{"type":"ip_range"},"fr":{"type":"float_range"},"c":{"type":"completion"},"a":{"type":"alias","path":"n"},` +
	`"any":{"dynamic":"true","properties":{}},"shut":{"dynamic":"strict","properties":{"x":{"type":"date"}}},` +
	`"v.w":{"type":"ip"}}`

// FuzzCheck checks any document by mappings that differ in what becomes of new fields. One that is accepted is accepted
// again, by what was learned from it and by that as it is stored; and the quick way agrees with the close look.
func FuzzCheck(f *testing.F) {
	for _, doc := range []string{
		`{}`, `{"n":1,"s":"2","l":3.5,"u":4,"f":5e3,"h":6,"d":"7","k":"abc","t":"8","b":true,"at":"2024-01-01",` +
			`"day":"2024-01-01"}`,
		`{"ip":"::1","g":[1,2],"o":{"n":[1,null]},"list":[{"k":1},[{}]],"off":5,"flat":{"a":{"b":1}},"r":{"gte":1,"lt":3}}`,
		`{"dr":{"gt":"2024","lte":"2025"},"ir":"10.0.0.0/8","fr":{"gte":1.5},"c":{"input":["a"],"weight":2},` +
			`"v":{"w":"1.2.3.4"}}`,
		`{"any":{"x":[1,{"y":2}],"z.q":"2024/01/05","e":{}},"new":[{"a":"x"},{"a":null,"b":1.5}],"new.c.d":true}`,
		`{"a":1}`, `{"o":{"bin":{}}}`, `{"n":{"a":1}}`, `{"k.x":[{}]}`, `{"shut":{"y":1}}`, `{"shut.y.z":1}`,
		`{"g":{"lat":91,"lon":1}}`,
		`{"_id":[1]}`, `{"_kuzzle_info":{"author":"x","z":1}}`, `{"\ud83d":1,"é":"\ud83d"}`, `{"x":1,"x.y":{"":2}}`,
		`{"2":[[[]]],"1":[1,"1"]}`,
	} {
		f.Add([]byte(doc))
	}
	var mappings []string
	for _, dynamic := range []string{"true", "false", "strict"} {
		mappings = append(mappings, `{"dynamic":"`+dynamic+`","properties":`+everything+`}`)
	}
	settings := []byte(`{"index.mapping":{"depth.limit":5,"nested_objects.limit":3,"total_fields.limit":60}}`)
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := rawjson.Compact(text, 50)
		if err != nil || !isObject(doc) {
			return
		}
		for _, mapping := range mappings {
			m := Parse([]byte(mapping), settings)
			next, o := m.Check(Sent(doc), "id")
			if m.Fits(doc) && (o != nil || next.Learned()) {
				t.Fatalf("%s fits, but %v, and learned %v", doc, o, next.added)
			}
			if o != nil {
				if _, o := m.Check(Created(doc), "id"); o == nil {
					t.Fatalf("%s is refused only as Kuzzle sends it", doc)
				}
				continue
			}
			again, o := next.Check(Sent(doc), "id")
			if o != nil || len(again.added) != len(next.added) {
				t.Fatalf("%s the second time: %v, learned %v and %v", doc, o, next.added, again.added)
			}
			stored := Parse(next.Extended([]byte(mapping)), settings)
			if _, o := stored.Check(Sent(doc), "id"); o != nil {
				t.Fatalf("%s, by what is stored of it: %v", doc, o)
			}
			if stored.total != next.total {
				t.Fatalf("%s makes %d fields, stored %d", doc, next.total, stored.total)
			}
		}
	})
}
