package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Random collections: a few documents of few words, and of all that texts are made of now and then.

// field is a field of all collections, with what its mapping says.
type field struct {
	name     string
	kind     string // text or keyword
	analyzer string
	options  string // index_options; "" is the default
	normless bool
	gap      int // position_increment_gap
	constant bool
}

// fields are those of all collections. What has no positions has no phrases.
var fields = []field{
	{name: "t", kind: "text", analyzer: "standard", gap: 100},
	{name: "s", kind: "text", analyzer: "simple", gap: 100},
	{name: "w", kind: "text", analyzer: "whitespace", gap: 3},
	{name: "p", kind: "text", analyzer: "stop", gap: 0},
	{name: "u", kind: "text", analyzer: "standard", gap: 100, normless: true},
	{name: "o", kind: "text", analyzer: "standard", gap: 1, options: "offsets"},
	{name: "b", kind: "text", analyzer: "standard", gap: 100, constant: true},
	{name: "f", kind: "text", analyzer: "standard", gap: 100, options: "freqs"},
	{name: "d", kind: "text", analyzer: "standard", gap: 100, options: "docs"},
	{name: "k", kind: "keyword", analyzer: "keyword", options: "docs", normless: true},
}

func (f *field) hasPhrases() bool { return f.options == "" || f.options == "offsets" }

// mapping is that of all collections.
func mapping() []byte {
	properties := object{}
	for _, f := range fields {
		p := object{"type": f.kind}
		if f.kind == "text" {
			p["analyzer"], p["position_increment_gap"], p["norms"] = f.analyzer, f.gap, !f.normless
			if f.options != "" {
				p["index_options"] = f.options
			}
			if f.constant {
				p["similarity"] = "boolean"
			}
			if !f.hasPhrases() {
				delete(p, "position_increment_gap") // refused without positions
			}
		}
		properties[f.name] = p
	}
	return toJSON(properties)
}

type object = map[string]any

func toJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// collection is what both sides are asked about.
type collection struct {
	Documents []json.RawMessage
	Queries   []json.RawMessage

	request []byte // the same for Lucene
}

// collections makes them.
type collections struct {
	texts
	words []string // of the collection
}

// vocabulary has words that are alike, so that there are similar ones, beginnings and phrases; and stop words.
var vocabulary = strings.Fields("a aa ab aab aba abb ba baa bab bba the of and it quake quakes quaek quack qu " +
	"north-east don't 1.5 1,000 x_y é éa aé 東京 東 👍 👍🏽 𝐀a 𝐀b The QUAKE ABBA abcdefgh abcdefhg abcdxfgh bcdefgh")

func newCollections(seed uint64, left map[rune]bool) *collections {
	return &collections{texts: texts{rand.New(rand.NewPCG(seed, 1)), left}}
}

// collection makes one.
func (g *collections) collection() *collection {
	g.words = nil
	for range 3 + g.IntN(12)*g.IntN(2) {
		g.words = append(g.words, vocabulary[g.IntN(len(vocabulary))])
	}
	c := &collection{request: put(nil, len(fields))}
	for _, f := range fields {
		c.request = put(c.request, f.name, f.analyzer, f.options, !f.normless, f.gap, f.constant)
	}
	c.addDocuments(g)
	queries := 1 + g.IntN(40)
	c.request = put(c.request, queries)
	for range queries {
		q := g.query(2)
		c.Queries = append(c.Queries, toJSON(q.json))
		c.request = put(c.request, q.lucene)
	}
	return c
}

func (c *collection) addDocuments(g *collections) {
	documents := 1 + g.IntN(30)
	c.request = put(c.request, documents)
	for range documents {
		doc, values, n := object{}, []byte(nil), 0
		for _, f := range fields {
			var list []any
			for range []int{0, 1, 1, 1, 2, 4}[g.IntN(6)] {
				value := g.value(&f)
				list, values = append(list, value), put(values, f.name, value)
				n++
			}
			switch {
			case len(list) == 1 && g.IntN(2) == 0:
				doc[f.name] = list[0]
			case list != nil || g.IntN(2) == 0:
				doc[f.name] = list
			}
		}
		c.Documents = append(c.Documents, toJSON(doc))
		c.request = put(c.request, n, values)
	}
}

// value returns a value of a field.
func (g *collections) value(f *field) string {
	if f.kind == "keyword" {
		return g.word()
	}
	return g.phrase([]int{0, 1, 3, 8, 8, 40, 200}[g.IntN(7)])
}

func (g *collections) word() string { return g.words[g.IntN(len(g.words))] }

// phrase returns at most so many words, at times of two alone, which then stand there again and again.
func (g *collections) phrase(most int) string {
	var s strings.Builder
	words := g.words
	if g.IntN(3) == 0 {
		words = words[:2]
	}
	for range g.IntN(most + 1) {
		s.WriteString(words[g.IntN(len(words))])
		s.WriteString([]string{" ", " ", " ", ", ", " - "}[g.IntN(5)])
	}
	if g.IntN(30) == 0 {
		s.WriteString(g.text())
	}
	return s.String()
}

// show prints the documents of a collection.
func show(c *collection) {
	for i, doc := range c.Documents {
		fmt.Printf("%d\t%s\n", i, doc)
	}
}
