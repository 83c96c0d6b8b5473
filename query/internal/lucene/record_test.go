package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// What Lucene 9.12.0 answered to some thousand queries in random collections.
func TestRecordedScores(t *testing.T) {
	list, err := readRecord("testdata/scores.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := query.ParseMapping(mapping())
	if err != nil {
		t.Fatal(err)
	}
	queries, scores := 0, 0
	for n, r := range list {
		for i, want := range r.Scores {
			c := &collection{Documents: r.Documents, Queries: r.Queries}
			if difference := scoresDiffer(c, schema, i, want); difference != "" {
				t.Errorf("collection %d: %s\n%s", n, r.Queries[i], difference)
			}
			scores += len(want)
		}
		queries += len(r.Scores)
	}
	if queries < 1000 || scores < 4000 {
		t.Errorf("only %d queries with %d scores are recorded", queries, scores)
	}
}

// A score that is off, a document that should not match and one that should are found.
func TestScoresDiffer(t *testing.T) {
	list, err := readRecord("testdata/scores.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := query.ParseMapping(mapping())
	if err != nil {
		t.Fatal(err)
	}
	r := list[0]
	c, want := &collection{Documents: r.Documents, Queries: r.Queries}, r.Scores[0]
	for document := range c.Documents {
		score, matches := want[document]
		if matches && score > 0 {
			want[document] = score * 1.0001
			mustDiffer(t, c, schema, 0, want)
		}
		if delete(want, document); !matches {
			want[document] = 1
		}
		mustDiffer(t, c, schema, 0, want)
		if want[document] = score; !matches {
			delete(want, document)
		}
	}
}

func mustDiffer(t *testing.T, c *collection, schema *query.Schema, number int, want map[int]float32) {
	t.Helper()
	if scoresDiffer(c, schema, number, want) == "" {
		t.Errorf("%s: %v is not found to differ", c.Queries[number], want)
	}
}

// The generators make the same each time, or differences could not be looked for.
func TestGeneratorsRepeat(t *testing.T) {
	a, b := newCollections(7, nil), newCollections(7, nil)
	for range 20 {
		if string(a.collection().request) != string(b.collection().request) {
			t.Fatal("two collections of one seed differ")
		}
		if one, other := a.text(), b.text(); one != other {
			t.Fatalf("%q and %q are made of one seed", one, other)
		}
	}
}

// Jars that are not the pinned ones are not used.
func TestJars(t *testing.T) {
	dir := t.TempDir()
	if _, err := classPath(dir, ""); err == nil {
		t.Error("missing jars are no error")
	}
	path := filepath.Join(dir, jars[0].name+"-"+version+".jar")
	if err := os.WriteFile(path, []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := classPath(dir, ""); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("another jar: %v", err)
	}
}
