package kuzzlite

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// zipfTexts writes so many documents with texts of 8 words on average, of a vocabulary of 50,000 in which a word is about
// as frequent as in a language.
func zipfTexts(b *testing.B, c *Collection, n int) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	words := rand.NewZipf(r, 1.07, 4, 50_000)
	for from := 0; from < n; from += 5000 {
		list := make([]Write, 0, 5000)
		for i := from; i < min(from+5000, n); i++ {
			text := make([]string, 4+r.IntN(9))
			for j := range text {
				text[j] = fmt.Sprintf("w%d", words.Uint64())
			}
			body, err := json.Marshal(map[string]string{"t": strings.Join(text, " ")})
			if err != nil {
				b.Fatal(err)
			}
			list = append(list, Write{ID: fmt.Sprintf("doc-%08d", i), Body: json.RawMessage(body)})
		}
		if _, err := c.MCreate(ctx, list, &WriteOptions{NoSource: true}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSearchWords finds the 10 best documents for some words, of which w1 is in about a tenth of the documents.
func BenchmarkSearchWords(b *testing.B) {
	const docs = 100_000
	path, options := filepath.Join(b.TempDir(), "store"), &Options{Durability: Relaxed, AutoCreate: true}
	s, err := Open(path, options)
	if err != nil {
		b.Fatal(err)
	}
	zipfTexts(b, s.Collection("i", "c"), docs)
	err = s.Collection("i", "c").EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"t"}, Kind: FieldIndexText})
	if err = cmp.Or(err, s.Close()); err != nil { // so that all is in the file
		b.Fatal(err)
	}
	if s, err = Open(path, options); err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	c := s.Collection("i", "c")
	for _, of := range []struct {
		name string
		q    *query.Query
	}{
		{"one", query.Match("t", "w20")}, {"two", query.Match("t", "w5 w50")}, {"frequent", query.Match("t", "w0 w1")},
		{"both", query.MatchEvery("t", "w5 w50")}, {"phrase", query.Phrase("t", "w5 w50")},
		{"filtered", query.And(query.Match("t", "w5 w50"), query.Exists("t"))},
	} {
		b.Run(fmt.Sprintf("docs=%d/%s", docs, of.name), func(b *testing.B) {
			b.ReportAllocs()
			total := 0
			for b.Loop() {
				found, err := c.Search(ctx, SearchRequest{Query: of.q})
				if err != nil {
					b.Fatal(err)
				}
				total = found.Total
			}
			b.ReportMetric(float64(total), "docs/op")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(max(total, 1)), "ns/doc")
		})
	}
}
