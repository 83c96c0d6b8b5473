package command

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestHopeless loads what fails from the beginning, and what does not quite.
func TestHopeless(t *testing.T) {
	var plain, wrong, late strings.Builder
	for i := range 500 {
		fmt.Fprintf(&plain, "{\"name\":\"n%d\"}\n", i)
		fmt.Fprintf(&wrong, "{\"_id\":\"d%d\",\"changes\":%d}\n", i, i)
	}
	fmt.Fprintf(&late, "{\"_id\":\"a\",\"changes\":{}}\n%s", wrong.String())
	const stopped = "kuzzlite mupsert: stopped, because the first 120 items failed, all in the same way\n"
	for name, test := range map[string]struct {
		in   string
		args []string
		want string
	}{
		"plain documents": {plain.String(), nil, stopped + "  " + itemForm + ";\n  documents as they are need --id-field NAME"},
		"wrong items":     {wrong.String(), nil, stopped + "  see that this is the right input;\n  with --keep-going "},
		"prose":           {strings.Repeat("Dear all\n", 500), nil, stopped},
		"keep going":      {wrong.String(), []string{"--keep-going"}, "unchanged 0, failed 500;"},
		"success first":   {late.String(), nil, "created 1, updated 0, unchanged 0, failed 500;"},
		"two ways":        {"{\"_id\":1}\n" + wrong.String(), nil, "unchanged 0, failed 501;"},
		"too few":         {"{}\n{}\n", nil, "unchanged 0, failed 2;"},
	} {
		db := filepath.Join(t.TempDir(), "a.db")
		args := append([]string{"mupsert", "--db", db, "--create", "--batch", "40"}, test.args...)
		code, _, errs := command(t, test.in, append(args, "i", "c")...)
		if code != exitFailed || !strings.Contains(errs, test.want) {
			t.Errorf("%s: exit code %d\n%s", name, code, errs[max(0, len(errs)-400):])
		}
	}
}

func TestKindOf(t *testing.T) {
	for text, want := range map[string]string{
		`document "a": document changes must be an object`: "document : document changes must be an object",
		"invalid JSON at byte 12: unexpected end":          "invalid JSON",
		"the row has 2 fields, and the header 6":           "the row has  fields, and the header ",
	} {
		if got := kindOf(text); got != want {
			t.Errorf("kindOf(%q) = %q, want %q", text, got, want)
		}
	}
}
