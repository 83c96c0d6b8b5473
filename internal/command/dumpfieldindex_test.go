package command

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
)

// fieldIndexLine is the line of an index of i/c on n.
func fieldIndexLine(unique bool) string {
	const line = `{"index":"i","collection":"c","fieldIndex":{"name":"n","fields":["n"],"unique":%v,"sparse":false}}`
	return fmt.Sprintf(line+"\n", unique)
}

// uniqueDump is a dump of a unique index and two documents, with these values of n.
func uniqueDump(first, second int) string {
	lines := dumpHeader + `{"index":"i"}` + "\n" + `{"index":"i","collection":"c"}` + "\n" + fieldIndexLine(true)
	for i, n := range []int{first, second} {
		const line = `{"index":"i","collection":"c","_id":"%c","_version":1,"created":1,"updated":2,"_source":{"n":%d}}`
		lines += fmt.Sprintf(line+"\n", 'a'+i, n)
	}
	return withEnd(lines, dumpCounts{1, 1, 2, 1, 0})
}

// TestLoadBadFieldIndexes loads lines of field indexes that are wrong: no store is made.
func TestLoadBadFieldIndexes(t *testing.T) {
	const head = `{"index":"i"}` + "\n" + `{"index":"i","collection":"c"}` + "\n"
	line := func(value string) string { return `{"index":"i","collection":"c","fieldIndex":` + value + "}\n" }
	good := `{"name":"n","fields":["n"],"unique":false,"sparse":false}`
	with := func(old, new string) string { return head + line(strings.Replace(good, old, new, 1)) }
	for lines, want := range map[string]string{
		withEnd(dumpHeader+head+line(good), dumpCounts{1, 1, 0, 0, 0}): "line 5: the dump had 0 documents, 1 collection, " +
			"1 index, and there were 0 documents, 1 collection, 1 index, 1 field index",
		line(good):                          `line 2: collection "c" of index "i" has no line before its field`,
		with(`"n"`, `""`):                   "line 4: fieldIndex must have a name, a list of fields",
		with(`["n"]`, `[]`):                 "line 4: fieldIndex must have a name, a list of fields",
		with(`["n"]`, `"n"`):                "line 4: fieldIndex must have a name, a list of fields",
		with("false", `"no"`):               "line 4: fieldIndex must have a name, a list of fields",
		with(`["n"]`, `["n","-n"]`):         `line 4: invalid field index "n": it has the field "n" twice`,
		with(`"name"`, `"m":1,"name"`):      "line 4: fieldIndex must have fields, name, sparse and unique, and it has",
		with(`"name":"n",`, ``):             "line 4: fieldIndex must have fields, name, sparse and unique, and it has",
		with(`"name"`, `"name":1,"name"`):   `line 4: fieldIndex: the key "name" is there twice`,
		with(`["n"]`, `["m"]`) + line(good): `line 5: field index "n" of i/c already exists, with other`,
		head + line("7"):                    "line 4: fieldIndex: it must be a JSON object",
	} {
		if !strings.HasPrefix(lines, dumpHeader) {
			lines = dumpHeader + lines
		}
		db := filepath.Join(t.TempDir(), "a.db")
		code, _, errs := command(t, lines, "load", "--db", db)
		if code != exitStore || !strings.HasPrefix(errs, "kuzzlite load: "+want) ||
			!strings.HasSuffix(errs, "  no store was made\n") {
			t.Errorf("%s\nexit code %d\n%swant %s", lines, code, errs, want)
		}
	}
}

// TestLoadOldVersions loads dumps of builds that had no field indexes, and no mappings.
func TestLoadOldVersions(t *testing.T) {
	for _, version := range []string{"2", "3"} {
		lines := longDump(3)
		old := strings.Replace(strings.Join(lines[:len(lines)-1], ""), `"version":4`, `"version":`+version, 1)
		db := filepath.Join(t.TempDir(), "a.db")
		must(t, withEnd(old, dumpCounts{1, 1, 3, 0, 0}), "load", "--db", db)
		if got := must(t, "", "count", "--db", db, "i", "c"); got != "3\n" {
			t.Errorf("%s documents", got)
		}
	}
}

// TestLoadNotUnique loads documents that a unique index refuses: no store is made, and one that is there has none of
// the batch.
func TestLoadNotUnique(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	code, _, errs := command(t, uniqueDump(1, 1), "load", "--db", db)
	if code != exitStore || !strings.HasPrefix(errs, `kuzzlite load: line 6: document "b" in i/c: `) ||
		!strings.Contains(errs, "not unique") || !strings.HasSuffix(errs, "  no store was made\n") {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	must(t, uniqueDump(1, 2), "load", "--db", db)
	must(t, uniqueDump(3, 4), "load", "--db", db, "--merge")
	code, _, errs = command(t, uniqueDump(5, 5), "load", "--db", db, "--merge")
	if code != exitStore || !strings.Contains(errs, "not unique") || !strings.Contains(errs, "no document was written") {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	if got := must(t, "", "find", "--db", db, "--ids", "i", "c", "n in (3, 4)"); got != "\"a\"\n\"b\"\n" {
		t.Errorf("there is %s", got)
	}
	must(t, "", "check", "--db", db)
}

// TestLoadIntoOtherIndexes merges a dump into a store whose own index of that name is another one, or whose own
// documents are not unique: that is told with the line, and nothing is written.
func TestLoadIntoOtherIndexes(t *testing.T) {
	db := cartsIn(t, 3)
	must(t, "", "field-index", "ensure", "--db", db, "i", "c", "n")
	code, _, errs := command(t, uniqueDump(7, 8), "load", "--db", db, "--merge")
	if code != exitStore || !strings.HasPrefix(errs, `kuzzlite load: line 4: field index "n" of i/c already`) {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	must(t, "", "field-index", "drop", "--db", db, "i", "c", "n")
	must(t, "", "update-by-query", "--db", db, "i", "c", "n < 2", "n:=1")
	code, _, errs = command(t, uniqueDump(7, 8), "load", "--db", db, "--merge")
	if code != exitStore || !strings.Contains(errs, "line 4: not unique: ") ||
		!strings.HasSuffix(errs, "  no document was written\n") {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	if got := must(t, "", "count", "--db", db, "i", "c"); got != "3\n" {
		t.Errorf("%s documents", got)
	}
	if got := must(t, "", "field-index", "list", "--db", db, "i", "c"); got != "" {
		t.Errorf("there is %s", got)
	}
}

// TestLoadFieldIndexInterrupted: an interrupt ends the making of an index that takes long, because there are many
// documents already.
func TestLoadFieldIndexInterrupted(t *testing.T) {
	db := cartsIn(t, 10)
	s, err := kuzzlite.Open(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l := &dumpLoader{app: &app{stderr: &bytes.Buffer{}}, store: s, known: map[string]bool{"i/c": true}}
	line, err := readDumpLine([]byte(fieldIndexLine(false)))
	if err != nil {
		t.Fatal(err)
	}
	l.begun = true
	if err := l.line(ctx, &line, place{}); err == nil {
		t.Error("the index is made after an interrupt")
	}
	if err := l.line(t.Context(), &line, place{}); err != nil {
		t.Error(err)
	}
	states, err := s.Collection("i", "c").FieldIndexes(t.Context())
	if err != nil || len(states) != 1 || states[0].Building {
		t.Errorf("%+v, %v", states, err)
	}
}
