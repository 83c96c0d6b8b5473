package command

import (
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite"
)

// In a table what was asked for stands in the place of the document: fragments, otherwise values of fields.
func TestHitCells(t *testing.T) {
	hit := kuzzlite.Hit{Document: kuzzlite.Document{ID: "a", Version: 3, Source: []byte(`{"m":5}`)}}
	for _, c := range []struct{ fields, highlight, want string }{
		{"", "", `{"m":5}`},
		{`{"m":[5]}`, "", `{"m":[5]}`},
		{`{"m":[5]}`, `{"place":["<em>Fiji</em>","x"]}`, "<em>Fiji</em> … x"},
	} {
		hit.Fields, hit.Highlight = []byte(c.fields), []byte(c.highlight)
		if c.fields == "" {
			hit.Fields = nil
		}
		if got := (&hitRow{hit: &hit}).cells(); !slices.Equal(got, []string{"a", "3", c.want}) {
			t.Errorf("%q, want %s", got, c.want)
		}
	}
}
