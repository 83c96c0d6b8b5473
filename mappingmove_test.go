package kuzzlite

import (
	"encoding/json"
	"strings"
	"testing"
)

// Mappings that a build before the first release has kept for the server are those of their collections once the store
// is opened for writing.
func TestMoveMappings(t *testing.T) {
	f := newDiskFixture(t, &Options{AutoCreate: true})
	f.put("a", `{"n":1}`)
	f.ok(f.s.CreateCollection(ctx, "i", "plain"))
	f.ok(f.s.CreateCollection(ctx, "i", "own"))
	known := f.s.Collection("kuzzle", "collections")
	for id, doc := range map[string]string{
		"i/c": `{"mapping":{"dynamic":"strict","properties":{"n":{"type":"long"}}},"settings":{"number_of_shards":1},` +
			`"specifications":{"strict":true}}`,
		"i/plain": `{"mapping":{"dynamic":"false","properties":{}}}`,
		"i/gone":  `{"mapping":{"dynamic":"true","properties":{}}}`,
		"i/specs": `{"specifications":{}}`, "other": `{"mapping":{}}`,
		"i/own": `{"mapping":{"properties":{}},"title":"no document of the server"}`,
	} {
		f.ok(second(known.Create(ctx, id, json.RawMessage(doc))))
	}
	f.reopen(func(o *Options) { o.ReadOnly = true })
	f.equal("read-only", f.mapping(), "")
	f.reopen(func(o *Options) { o.ReadOnly = false })
	const want = `{"mappings":{"dynamic":"strict","properties":{"n":{"type":"long"}}},"settings":{"number_of_shards":1}}`
	f.equal("mapping", f.mapping(), want)
	_, err := f.col().Update(ctx, "a", json.RawMessage(`{"m":1}`))
	f.is("strict", err, ErrInvalid)
	m, err := f.s.Collection("i", "plain").Mapping(ctx)
	if f.ok(err); m != nil {
		t.Errorf("a collection that nobody gave a mapping has %s", m.encoded())
	}
	var left []string
	for doc, err := range f.s.Collection("kuzzle", "collections").All(ctx) {
		f.ok(err)
		left = append(left, doc.ID+" "+string(doc.Source))
	}
	f.equal("left", left, []string{`i/c {"specifications":{"strict":true}}`,
		`i/gone {"mapping":{"dynamic":"true","properties":{}}}`,
		`i/own {"mapping":{"properties":{}},"title":"no document of the server"}`,
		`i/plain {"mapping":{"dynamic":"false","properties":{}}}`,
		`i/specs {"specifications":{}}`, `other {"mapping":{}}`})
	sequence := f.s.Sequence()
	f.reopen(nil)
	f.equal("sequence once all is moved", f.s.Sequence(), sequence)
	f.maps(`{"properties":{"m":{"type":"long"}}}`)
	f.crash()
	if !strings.Contains(f.mapping(), `"m"`) {
		t.Errorf("the mapping is %s", f.mapping())
	}
}
