package command

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// openSession opens a store with the collections shop/carts, in use and with the document c1, shop/blogs and c9/x.
func openSession(t *testing.T) *session {
	t.Helper()
	s, err := kuzzlite.Open(filepath.Join(t.TempDir(), "a.db"), &kuzzlite.Options{AutoCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Collection("shop", "carts").Create(t.Context(), "c1", map[string]any{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range [][2]string{{"shop", "blogs"}, {"c9", "x"}} {
		if err := s.CreateCollection(t.Context(), name[0], name[1]); err != nil {
			t.Fatal(err)
		}
	}
	return &session{store: ownStore{s}, index: "shop", collection: "carts"}
}

// TestFillIn has the arguments of verbs with and without INDEX and COLLECTION. A want of "" is an error.
func TestFillIn(t *testing.T) {
	s := openSession(t)
	root := (&app{out: newOutput(&strings.Builder{})}).root()
	const filled = "shop carts "
	for line, want := range map[string]string{
		"get c1":                        filled + "c1",
		"get shop":                      filled + "shop", // an id like an index
		"get shop carts c1":             "shop carts c1",
		"get":                           "", // as given: the verb says what is missing
		"count":                         filled,
		"count shop blogs":              "shop blogs",
		"count shop":                    filled + "shop", // a query
		"count n=1":                     filled + "n=1",
		"count shop blogs n=1":          "shop blogs n=1",
		"find":                          filled,
		"search n=1":                    filled + "n=1",
		"search shop blogs -":           "shop blogs -",
		"find n=1":                      filled + "n=1",
		"find shop blogs":               "shop blogs",
		"find shop blogs n=1":           "shop blogs n=1",
		"delete-by-query n=1":           filled + "n=1",
		"delete-by-query shop carts":    "shop carts", // which the verb refuses
		"delete-by-query shp carts n=1": "unquoted",
		"find n = 1":                    "unquoted",
		"count n exists":                "unquoted",
		"update-by-query n=1 a=1":       filled + "n=1 a=1",
		"update-by-query n>1 a=1":       filled + "n>1 a=1",
		"update-by-query c9 x n=1 a=1":  "c9 x n=1 a=1",
		"update-by-query c9 x n>1 a=1":  "c9 x n>1 a=1",
		"update-by-query n exists a=1":  "unquoted",
		"watch":                         filled,
		"list":                          filled,
		"list shop":                     "shop",
		"list shop blogs":               "shop blogs",
		"export":                        filled,
		"export f":                      filled + "f",
		"export shop carts":             "shop carts",
		"export shop carts f":           "shop carts f",
		"mupsert -":                     filled + "-",
		"import i c f":                  "i c f",
		"upsert c1 a=1 b=2":             filled + "c1 a=1 b=2",
		"upsert new a=1 b=2":            filled + "new a=1 b=2",
		"upsert shop carts c1 a=1":      "shop carts c1 a=1",
		"upsert shop carts a=1":         "shop carts a=1",
		"create":                        filled,
		"create a=1":                    filled + "a=1",
		"create c2 a=1":                 filled + "c2 a=1",
		"create shop carts a=1":         "shop carts a=1",
		"create shop carts c2 a=1":      "shop carts c2 a=1",
		"mget c1":                       filled + "c1",
		"mget c1 c2 c3":                 filled + "c1 c2 c3",
		"mget x y z":                    filled + "x y z",
		"mget shop carts c1":            "shop carts c1",
		"delete":                        filled,
		"delete c1 c2":                  filled + "c1 c2",
		"delete c1 c2 c3":               filled + "c1 c2 c3",
		"delete shop carts c1":          "shop carts c1",
		"delete shop catrs c1":          "shop catrs c1", // which the verb refuses
		"delete shp carts c1":           "error",
		"delete Shop carts c1":          "error",
		"delete c9 x c1":                "c9 x c1",
		"delete-fields c1 a":            filled + "c1 a",
		"delete-fields c1 a b":          filled + "c1 a b",
		"delete-fields shp carts c1 a":  "error",
		"delete-fields shop carts c1 a": "shop carts c1 a",
		"truncate":                      "",
		"delete-index":                  "",
		"delete-collection":             "",
		"create-collection shop":        "shop",
		"backup f":                      "f",
		"stats":                         "",
	} {
		words := strings.Fields(line)
		cmd, _, err := root.Find(words[:1])
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.fillIn(t.Context(), cmd, words[1:])
		switch {
		case want == "error" && (err == nil || !strings.Contains(err.Error(), "it is not clear what")):
			t.Errorf("%s: %q, %v; want an error", line, got, err)
		case want == "unquoted" && (err == nil || !strings.Contains(err.Error(), "there is no index")):
			t.Errorf("%s: %q, %v; want an error", line, got, err)
		case want != "error" && want != "unquoted" && (err != nil || !slices.Equal(got, strings.Fields(want))):
			t.Errorf("%s: %q, %v; want %q", line, got, err, want)
		}
	}
	s.index = ""
	if got, err := s.fillIn(t.Context(), &cobra.Command{Use: "count INDEX COLLECTION"}, nil); err != nil || got != nil {
		t.Errorf("with no collection in use: %q, %v", got, err)
	}
}
