package fieldpath

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

func TestChoices(t *testing.T) {
	const doc = `{"a":{"b":1,"c":{"d":2}},"a.x":9,"ab":3,"arr":[{"p":1,"q":2},{"q":3}],"e":{},"n":null,"x":[],"k.l":1,"m":[[{"p":1}],5]}`
	for _, c := range []struct{ keep, out, want string }{
		{"a.*", "", `{"a":{"b":1,"c":{"d":2}},"a.x":9}`},
		{"*b", "", `{"ab":3}`},
		{"*.d", "", `{}`},
		{"*.*.d", "", `{"a":{"c":{"d":2}}}`},
		{"*.c", "", `{"a":{"c":{"d":2}}}`},
		{"a.c*,arr.*p", "", `{"a":{"c":{"d":2}},"arr":[{"p":1}]}`},
		{"e.*", "", `{}`},
		{"e*", "", `{"e":{}}`},
		{"k.*", "", `{"k.l":1}`},
		{"*.l", "", `{"k.l":1}`},
		{"m.*", "", `{"m":[[{"p":1}]]}`},
		{"*", "", doc},
		{"a*", "a.b", `{"a":{"c":{"d":2}},"a.x":9,"ab":3,"arr":[{"p":1,"q":2},{"q":3}]}`},
		{"", "a,arr,m", `{"ab":3,"e":{},"n":null,"x":[],"k.l":1}`},
		{"", "a.b,a.c,arr,m,k.l,ab,n", `{"a.x":9,"e":{},"x":[]}`},
		{"", "a.c.d,arr,m,k,ab,n,e,x", `{"a":{"b":1},"a.x":9}`},
		{"a,arr", "arr.q,a.x", `{"a":{"b":1,"c":{"d":2}},"arr":[{"p":1}]}`},
		{"arr", "arr.q,arr.p", `{}`},
		{"a", "a.*", `{"a":{}}`},
		{"a", "*d", `{"a":{"b":1,"c":{}},"a.x":9}`},
		{"arr", "arr.*", `{"arr":[{},{}]}`},
		{"a.c", "a", `{}`},
		{"k", "k", `{}`},
		{"zz", "*", `{}`},
	} {
		split := func(list string) []string {
			return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
		}
		if got := projected(t, split(c.keep), split(c.out), doc); got != c.want {
			t.Errorf("%s without %s: %s, want %s", c.keep, c.out, got, c.want)
		}
	}
	for _, two := range []string{"**", "a.**.b"} {
		for _, err := range []error{second(NewProjection([]string{two}, nil)), second(NewProjection(nil, []string{two}))} {
			if err == nil || !strings.Contains(err.Error(), "two stars") {
				t.Errorf("%s: %v", two, err)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// The recorded answers to searches with _source.
func TestRecordedSource(t *testing.T) {
	dir := filepath.Join("..", "..", "testdata", "kuzzle", "search")
	docs := map[string]map[string]json.RawMessage{}
	compared := 0
	for line := range lines(t, filepath.Join(dir, "source.jsonl")) {
		var s struct {
			Name, Dataset string
			Steps         []struct {
				Request struct {
					Body struct {
						Source json.RawMessage `json:"_source"`
					}
				}
				Response struct {
					Result struct {
						Hits []struct {
							ID     string          `json:"_id"`
							Source json.RawMessage `json:"_source"`
						}
					}
				}
			}
		}
		if err := json.Unmarshal(line, &s); err != nil {
			t.Fatal(err)
		}
		if docs[s.Dataset] == nil {
			docs[s.Dataset] = documents(t, filepath.Join(dir, "datasets", s.Dataset+".jsonl"))
		}
		keep, out := sourceOf(s.Steps[0].Request.Body.Source)
		for _, hit := range s.Steps[0].Response.Result.Hits {
			doc, err := rawjson.Compact(docs[s.Dataset][hit.ID], 0)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decoded(t, hit.Source), decoded(t, []byte(projected(t, keep, out, string(doc))))); diff != "" {
				t.Errorf("%s, %s:\n%s", s.Name, hit.ID, diff)
			}
			compared++
		}
	}
	if compared < 50 {
		t.Errorf("only %d documents were compared", compared)
	}
}

func decoded(t *testing.T, raw []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return v
}

// sourceOf reads the _source of a search.
func sourceOf(raw []byte) (keep, out []string) {
	var both struct{ Includes, Excludes []string }
	var one string
	switch {
	case json.Unmarshal(raw, &one) == nil:
		return []string{one}, nil
	case json.Unmarshal(raw, &keep) == nil:
		return keep, nil
	}
	_ = json.Unmarshal(raw, &both)
	return both.Includes, both.Excludes
}

// lines yields the lines of a file.
func lines(t *testing.T, name string) func(yield func([]byte) bool) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Lines(raw)
}

// documents returns the documents of a data set.
func documents(t *testing.T, name string) map[string]json.RawMessage {
	t.Helper()
	docs := map[string]json.RawMessage{}
	for line := range lines(t, name) {
		var doc struct {
			ID   string `json:"_id"`
			Body json.RawMessage
		}
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatal(err)
		}
		docs[doc.ID] = doc.Body
	}
	return docs
}

// By exact paths both ways of projecting agree, and what is kept of a valid document is a valid document.
func FuzzChoices(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[{"c":1},2,[{"c":null}]]},"a.b":{"c":[]},"d":{},"d.e":[[]]}`), "a.b.c,d", "a.*")
	f.Fuzz(func(t *testing.T, doc []byte, keep, out string) {
		compact, err := rawjson.Compact(doc, 0)
		if err != nil {
			return
		}
		keeps := strings.Split(keep, ",")
		if exact, err := NewProjection(keeps, nil); err == nil && !hasStar(keep) {
			want := exact.Append(nil, compact)
			if got := newChoices(keeps, nil).append(nil, compact); compact[0] == '{' && !bytes.Equal(got, want) {
				t.Errorf("%s of %s: %s, want %s", keep, compact, got, want)
			}
		}
		p, err := NewProjection(keeps, strings.Split(out, ","))
		if err != nil {
			return
		}
		once := p.Append(nil, compact)
		if _, err := rawjson.Compact(once, 0); err != nil {
			t.Errorf("%s without %s of %s: %s: %v", keep, out, compact, once, err)
		}
		if again := p.Append(nil, once); !bytes.Equal(again, once) && !hasStar(keep+out) {
			t.Errorf("%s without %s of %s: %s, and then %s", keep, out, compact, once, again)
		}
	})
}
