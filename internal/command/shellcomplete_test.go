package command

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
)

// completingShell returns a shell on the store of openSession, with the collection shop/carts in use or none.
func completingShell(t *testing.T, inUse bool) *shell {
	t.Helper()
	open := openSession(t)
	if !inUse {
		open.index, open.collection = "", ""
	}
	out := newOutput(&strings.Builder{})
	return &shell{app: &app{out: out, stderr: &strings.Builder{}}, open: *open}
}

// TestComplete completes at |, where the cursor is, and has the line that comes of it. After a blank line are the
// choices.
func TestComplete(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"one.ndjson", "two files.csv", "two.csv", ".hidden", "sub/three"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sub := "sub" + string(filepath.Separator)
	sh := completingShell(t, false)
	carts := sh.open.store.Collection("shop", "carts")
	if err := carts.EnsureFieldIndex(t.Context(), kuzzlite.FieldIndex{Fields: []string{"total"}}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		line, want string
		choices    []string
	}{
		{"mup|", "mupsert |", nil},
		{"cou|", "count |", nil},
		{"kuzzlite cou|", "kuzzlite count |", nil},
		{"cou| shop", "count| shop", nil},
		{"de|", "delete|", nil},
		{"delete|", "delete|", []string{
			"delete", "delete-by-query", "delete-collection", "delete-consumer", "delete-fields", "delete-index",
		}},
		{"delete-b|", "delete-by-query |", nil},
		{"find s|", "find shop |", nil},
		{"find shop carts |", "find shop carts |", nil}, // a query
		{"find shop carts --his|", "find shop carts --histogram |", nil},
		{"field-index |", "field-index |", []string{"drop", "ensure", "list"}},
		{"field-index dr|", "field-index drop |", nil},
		{"field-index drop shop carts |", "field-index drop shop carts total |", nil},
		{"drop-field-index |", "drop-field-index |", []string{"c9", "shop"}},
		{"drop-f|", "drop-f|", nil}, // not in the list of the help either
		{"co|", "co|", []string{"compact", "consume", "consumers", "count"}},
		{".|", ".|", []string{".exit", ".help", ".timing", ".use"}},
		{".t|", ".timing |", nil},
		{".timing o|", ".timing o|", []string{"off", "on"}},
		{".use |", ".use |", []string{"c9", "shop"}},
		{".use shop c|", ".use shop carts |", nil},
		{".use shop carts |", ".use shop carts |", nil},
		{"count |", "count |", []string{"c9", "shop"}},
		{"count s|", "count shop |", nil},
		{"count 's|", "count shop |", nil},
		{"count shop |", "count shop |", []string{"blogs", "carts"}},
		{"count shop ca|", "count shop carts |", nil},
		{"get --path x shop ca|", "get --path x shop carts |", nil},
		{"count nope |", "count nope |", nil},
		{"get shop carts |", "get shop carts |", nil},
		{"list --f|", "list --f|", []string{"--fields", "--from"}},
		{"list --pre|", "list --prefix |", nil},
		{"count --wa|", "count --wa|", nil},
		{"count --d|", "count --d|", nil},
		{"mupsert --merge |", "mupsert --merge |", []string{"es", "rfc7396"}},
		{"mupsert --merge=r|", "mupsert --merge=rfc7396 |", nil},
		{"mupsert --nope=r|", "mupsert --nope=r|", nil},
		{"mupsert --nope |", "mupsert --nope |", nil},
		{"mupsert -x=o|", "mupsert -x=o|", nil},
		{"frobnicate |", "frobnicate |", nil},
		{"help wat|", "help watch |", nil},
		{"she|", "she|", nil},
		{"comple|", "comple|", nil},
		{"export shop carts o|", "export shop carts one.ndjson |", nil},
		{"export shop carts 'tw|", "export shop carts two|", nil},
		{"export shop carts two\\ |", "export shop carts 'two files.csv' |", nil},
		{"export shop carts |", "export shop carts |", []string{"one.ndjson", sub, "two files.csv", "two.csv"}},
		{"export shop carts .|", "export shop carts .hidden |", nil},
		{"export shop carts su|", "export shop carts " + sub + "|", nil},
		{"export shop carts " + sub + "|", "export shop carts " + sub + "three |", nil},
		{"create shop carts --file=on|", "create shop carts --file=one.ndjson |", nil},
		{"list | cou|", "list | cou|", nil},
		{"# cou|", "# cou|", nil},
	} {
		line, after, _ := cutLast(test.line)
		got := sh.complete(t.Context(), line+after, len(line))
		shown := got.line[:got.pos] + "|" + got.line[got.pos:]
		if shown != test.want || !slices.Equal(got.choices, test.choices) {
			t.Errorf("%s: %s %q, want %s %q", test.line, shown, got.choices, test.want, test.choices)
		}
	}
}

// cutLast cuts around the last |.
func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndex(s, "|")
	return s[:i], s[i+1:], i >= 0
}

// TestCompleteInUse has names that may be left out.
func TestCompleteInUse(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	sh := completingShell(t, true)
	for line, want := range map[string][]string{
		"export ":            {"c9", "file", "shop"},
		"export shop ":       {"blogs", "carts"},
		"export shop carts ": {"file"},
		"get ":               {"c9", "shop"},
		"delete-collection ": {"c9", "shop"},
		"create-index ":      {"c9", "shop"},
	} {
		if got := sh.complete(t.Context(), line, len(line)); got.line != line && len(want) > 1 ||
			len(want) > 1 && !slices.Equal(got.choices, want) || len(want) == 1 && got.line != line+want[0]+" " {
			t.Errorf("%s: %q %q, want %q", line, got.line, got.choices, want)
		}
	}
}

// TestCompleteAnything has positions and lines that mean nothing.
func TestCompleteAnything(t *testing.T) {
	sh := completingShell(t, true)
	for _, line := range []string{
		"", "'", "\"a\\", "\\", "é", "count é", "-", "--", "--=", "get --", "get -- -", "a=b", "\x00", "\xff",
	} {
		for pos := range len(line) + 1 {
			got := sh.complete(t.Context(), line, pos)
			if got.pos < 0 || got.pos > len(got.line) || !strings.HasSuffix(got.line, line[pos:]) {
				t.Errorf("%q at %d: %+v", line, pos, got)
			}
		}
	}
}

func TestInColumns(t *testing.T) {
	for _, test := range []struct {
		width int
		want  string
	}{
		{80, "a    bbb  cc\n"}, {12, "a    bbb\ncc\n"}, {1, "a\nbbb\ncc\n"},
	} {
		if got := inColumns([]string{"a", "bbb", "cc"}, test.width); got != test.want {
			t.Errorf("in %d columns: %q, want %q", test.width, got, test.want)
		}
	}
	many := slices.Repeat([]string{"x\x1b[2J"}, maxChoices+5)
	if got := inColumns(many, 80); !strings.HasSuffix(got, "\n… and 5 more\n") || strings.Contains(got, "\x1b") {
		t.Errorf("of many: %q", got)
	}
}
