package command

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentedDump loads the dump in docs/format.md, and dumps that again.
func TestDocumentedDump(t *testing.T) {
	doc, err := os.ReadFile("../../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(doc), "\n## Dumps\n")
	_, after, _ = strings.Cut(after, "```json\n")
	dump, _, found := strings.Cut(after, "```\n")
	if !found {
		t.Fatal("there is no dump in docs/format.md")
	}
	db := t.TempDir() + "/a.db"
	must(t, dump, "load", "--db", db)
	if got := must(t, "", "dump", "--db", db); got != dump {
		t.Errorf("the dump is\n%snot\n%s", got, dump)
	}
}

// FuzzReadDumpLine reads nonsense. What it takes for a document must be written as a line that is read as the same.
func FuzzReadDumpLine(f *testing.F) {
	for _, line := range append(longDump(1), `{"index":"i","collection":"c","_id":"\u00e9","_version":9,"created":1,`+
		`"updated":-2,"expires":3,"_source":{"a":[1.10]}}`, `{"index":1}`, `{`, `{"a":1,"a":2}`, `{"end":{"documents":-1}}`,
		`{"index":"i","collection":"c","fieldIndex":{"name":"\u00e9","fields":["-b.c"],"unique":true,"sparse":false}}`) {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		l, err := readDumpLine(line)
		if err == nil && l.kind == dumpFieldIndex {
			checkFieldIndexLine(t, &l)
		}
		if err != nil || l.kind != dumpDocument {
			return
		}
		var out strings.Builder
		d := &dumpWriter{w: &out}
		if err := d.document(l.index, l.collection, &l.doc); err != nil {
			t.Fatal(err)
		}
		again, err := readDumpLine([]byte(out.String()))
		if err != nil {
			t.Fatalf("%s\nis written as\n%s\n%v", line, out.String(), err)
		}
		if again.index != l.index || again.collection != l.collection || again.doc.ID != l.doc.ID ||
			again.doc.Version != l.doc.Version || !again.doc.Created.Equal(l.doc.Created) ||
			!again.doc.Updated.Equal(l.doc.Updated) || !again.doc.Expires.Equal(l.doc.Expires) ||
			string(again.doc.Source) != string(l.doc.Source) {
			t.Errorf("%s\nis read again as %+v, and was %+v", out.String(), again, l)
		}
	})
}

// checkFieldIndexLine writes what was read of a line with a field index, and reads it again.
func checkFieldIndexLine(t *testing.T, l *dumpLine) {
	var out strings.Builder
	if err := (&dumpWriter{w: &out}).fieldIndex(l.index, l.collection, &l.fieldIndex); err != nil {
		t.Fatal(err)
	}
	again, err := readDumpLine([]byte(out.String()))
	if err != nil || !cmp.Equal(again.fieldIndex, l.fieldIndex) || again.index != l.index ||
		again.collection != l.collection {
		t.Errorf("%s\nis read again as %+v, %v, and was %+v", out.String(), again.fieldIndex, err, l.fieldIndex)
	}
}

// TestDumpMembers compares with the standard library, whose values are copies.
func TestDumpMembers(t *testing.T) {
	for _, object := range []string{
		`{}`, ` {}`, "{ \t\r\n}", `{"a":1}`, `{ "a" : [1, {"b": "}"}] ,` + "\n" + `"c":"\"","d":null,"e": -1.5e3 , "f":true}`,
		`{"\u0061":{},"":""}`, `{"a":1,}`, `{"a":1`, `{"a"}`, `{"a":1}x`, `[]`, ``, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`,
	} {
		var want map[string]json.RawMessage
		bad := json.Unmarshal([]byte(object), &want) != nil || strings.Contains(object, "2}") || object == "" || object[0] != '{'
		got, err := dumpMembers([]byte(object))
		switch {
		case bad && err == nil:
			t.Errorf("%s: taken as %q", object, got)
		case !bad && (err != nil || !cmp.Equal(got, want)):
			t.Errorf("%s: %q, %v, want %q", object, got, err, want)
		}
	}
}
