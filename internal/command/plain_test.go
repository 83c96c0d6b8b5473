package command

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// FuzzPlain reads nonsense as documents and as tables. What is made of it are items that JSON parsers read, but for
// documents that are invalid themselves.
func FuzzPlain(f *testing.F) {
	f.Add([]byte(`[{"id":"a"},{"id":1.5,"x":{}},{"x":1}]`), false)
	f.Add([]byte("{\"id\":\"a\"}\n{\"id\":\"\\ud800\"}\n"), false)
	f.Add([]byte("id,x\na,1\n\"b\",\"\n\"\n"), true)
	f.Fuzz(func(t *testing.T, in []byte, table bool) {
		r := newItemReader(bytes.NewReader(in))
		(&plainInput{idField: "id", csv: table, idPath: []string{"id"}}).apply(r)
		if table {
			r.idPath = nil
		}
		for {
			item, _, err := r.next()
			if bad := (*badItem)(nil); errors.As(err, &bad) {
				continue
			}
			if err != nil {
				return
			}
			var got struct {
				ID      string `json:"_id"`
				Changes map[string]any
			}
			if err := json.Unmarshal(item, &got); err != nil || got.ID == "" {
				t.Fatalf("%q is read as %q: %v", in, item, err)
			}
		}
	})
}

// TestEndlessRow has a quote that is never closed: the row is given up before it takes all memory.
func TestEndlessRow(t *testing.T) {
	in := "id,x\na,1\nb,\"" + strings.Repeat("x\n", 10_000)
	r := &itemReader{r: bufio.NewReader(strings.NewReader(in)), maxItem: 1000}
	(&plainInput{idField: "id", csv: true}).apply(r)
	got := readAll(t, r)
	want := "a row is longer than 1000 bytes: is a quote missing?"
	if len(got) != 2 || got[1] != want {
		t.Errorf("it is read as %.200q", got)
	}
}
