package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each buyer has ten documents, each number is there once, and a document has its size.
func TestAskedDocuments(t *testing.T) {
	for _, documents := range []int{tinyPlan.Large, tinyPlan.Documents, quickPlan.Large} {
		s := shape{Size: sizeSmall, Leaves: 4, Buyers: documents / ordersOfBuyer}
		buyers, numbers := map[string]int{}, map[int]bool{}
		for i := range documents {
			var d struct {
				Buyer  string
				Number int
				orderDocument
			}
			doc := s.appendDocument(nil, i, 0)
			if err := json.Unmarshal(doc, &d); err != nil || len(doc) != s.Size {
				t.Fatalf("%s: %d bytes, %v", doc, len(doc), err)
			}
			if d.Buyer != s.buyerOf(i) || d.Number != s.numberOf(i) || d.Customer.Address.Zip != zipOf(i) {
				t.Fatalf("document %d: %s", i, doc)
			}
			buyers[d.Buyer]++
			numbers[d.Number] = true
		}
		for buyer, n := range buyers {
			if n != ordersOfBuyer {
				t.Errorf("%d documents: buyer %s has %d", documents, buyer, n)
			}
		}
		if len(buyers) != s.Buyers || len(numbers) != documents || !numbers[0] || !numbers[documents-1] {
			t.Errorf("%d documents: %d buyers, %d numbers", documents, len(buyers), len(numbers))
		}
	}
}

// askedRunner returns a runner of a contender that asks 600 documents.
func askedRunner(t *testing.T, k kind, c contender, indexes ...string) *runner {
	t.Helper()
	r := &runner{
		task: task{
			Kind: k, Dir: t.TempDir(), Documents: 600, Shape: shape{Size: sizeSmall, Leaves: 4, Buyers: 60}, Callers: 1,
			Batch: 1, Target: time.Nanosecond, Page: 3, Indexes: indexes, Fill: true,
		},
		contender: c,
	}
	if err := r.openStore(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.store.close() })
	if err := r.makeIndexes(); err != nil {
		t.Fatal(err)
	}
	return r
}

// falseStore is a store whose answers are falsified.
type falseStore struct {
	querier
	falsify func([]found) []found
}

func (s falseStore) ask(q question, fn func(id string, doc []byte)) (string, error) {
	var list []found
	next, err := s.querier.ask(q, func(id string, doc []byte) { list = append(list, found{id, doc}) })
	for _, f := range s.falsify(list) {
		fn(f.id, f.doc)
	}
	return next, err
}

// An answer that is wrong is found out by the checks.
func TestAnswersAreChecked(t *testing.T) {
	ordered := []kind{kindRange, kindPage}
	faults := map[string]struct {
		falsify func([]found) []found
		kinds   []kind
	}{
		"one is missing":   {func(l []found) []found { return l[1:] }, nil},
		"one comes twice":  {func(l []found) []found { return append(l, l[0]) }, nil},
		"another document": {func(l []found) []found { l[0].doc = l[1].doc; return l }, nil},
		"another id":       {func(l []found) []found { l[0].id = "x"; return l }, nil},
		"another order":    {func(l []found) []found { slices.Reverse(l); return l }, ordered},
	}
	for _, k := range []kind{kindEqual, kindRange, kindFilter, kindPage, kindIndex} {
		r := askedRunner(t, k, contenderNamed("kuzzlite"), "buyer", "number")
		if _, err := r.prove(); err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		for name, fault := range faults {
			if fault.kinds != nil && !slices.Contains(fault.kinds, k) {
				continue
			}
			right := r.store.(querier)
			r.store = falseStore{right, func(l []found) []found {
				if len(l) < 2 {
					return l
				}
				return fault.falsify(l)
			}}
			if _, err := r.verify(); err == nil {
				t.Errorf("%s: %s, and nobody notices", k, name)
			}
			r.store = right
		}
	}
}

// A round of questions fails if an answer has not as many documents as it must have.
func TestRoundsCountAnswers(t *testing.T) {
	for _, k := range []kind{kindEqual, kindRange, kindPage} {
		r := askedRunner(t, k, contenderNamed("kuzzlite"), "buyer", "number")
		s, _, err := r.queryRound()
		if err != nil || s.Documents != map[kind]int{kindEqual: 10, kindRange: 60, kindPage: 10}[k] {
			t.Errorf("%s: %d documents, %v", k, s.Documents, err)
		}
		r.store = falseStore{r.store.(querier), func(l []found) []found { return l[1:] }}
		if _, _, err := r.queryRound(); err == nil {
			t.Errorf("%s: a document is missing, and nobody notices", k)
		}
	}
}

// SQLite finds by its index what it is to find by that, and so does Kuzzlite.
func TestIndexesAreUsed(t *testing.T) {
	questions := map[question]string{
		{kind: kindEqual, buyer: buyerName(1)}:        "buyer",
		{kind: kindRange, from: 5, to: 90, limit: 10}: "number",
		{kind: kindPage, limit: 10}:                   "number",
		{kind: kindPage, limit: 10, after: "20"}:      "number",
	}
	lite := askedRunner(t, kindEqual, contenderNamed("modernc"), "buyer", "number").store.(*sqliteStore)
	own := askedRunner(t, kindEqual, contenderNamed("kuzzlite"), "buyer", "number").store.(*kuzzliteStore)
	for q, field := range questions {
		text, args, err := sqliteQuery(q)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := lite.conn.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+text, args...)
		if err != nil {
			t.Fatal(err)
		}
		var steps []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			steps = append(steps, detail)
		}
		rows.Close()
		if len(steps) != 1 || !strings.Contains(steps[0], "SEARCH documents USING INDEX "+sqliteIndexName(field)) {
			t.Errorf("SQLite: %+v: %q", q, steps)
		}
		if q.after != "" { // a cursor of Kuzzlite's is another
			continue
		}
		asked, options := kuzzliteQuery(q)
		x, err := own.col.Explain(context.Background(), asked, options)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%+v", x); !strings.Contains(text, fmt.Sprintf("field index %q", field)) || x.Sorted {
			t.Errorf("Kuzzlite: %+v: %s", q, text)
		}
	}
}

// A watcher that was not told of a change, or of one too many, is found out when the store is closed.
func TestWatchersAreChecked(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(*watched)
		right bool
	}{
		"right":             {func(*watched) {}, true},
		"a change too many": {func(s *watched) { s.counts[2].Add(1) }, false},
		"a change is lost":  {func(s *watched) { s.calls++ }, false},
		"an error":          {func(s *watched) { s.failed.Store(&errMissing) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			opened, err := openWatched(t.TempDir(), true)
			if err != nil {
				t.Fatal(err)
			}
			s := opened.(*watched)
			if err := s.prepareFor(3, 0); err != nil {
				t.Fatal(err)
			}
			for range 7 {
				if err := s.upsert(nil, ignore); err != nil {
					t.Fatal(err)
				}
			}
			tt.spoil(s)
			defer func() {
				if wrong := recover(); (wrong == nil) != tt.right {
					t.Errorf("close: %v", wrong)
				}
			}()
			s.close()
		})
	}
}

// A program that decodes finds what a query finds; it finds nothing in what has no zip code.
func TestDecodedZip(t *testing.T) {
	r := askedRunner(t, kindFilter, decodedContender)
	if err := r.checkQueries(); err != nil {
		t.Error(err)
	}
	for _, doc := range []string{`{}`, `[]`, `{"customer":{"address":{"zip":5}}}`, `{"customer":{"address":null}}`} {
		var decoded any
		if err := json.Unmarshal([]byte(doc), &decoded); err != nil || decodedZip(decoded) != "" {
			t.Errorf("%s: %q, %v", doc, decodedZip(decoded), err)
		}
	}
}
