package command

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// cartsIn makes a store with so many documents in i/c: n is their number, from 0.
func cartsIn(t *testing.T, documents int) (db string) {
	t.Helper()
	db = filepath.Join(t.TempDir(), "a.db")
	var in strings.Builder
	for n := range documents {
		fmt.Fprintf(&in, `{"_id":"c%04d","changes":{"n":%d,"even":%v,"it's":"a b"}}`+"\n", n, n, n%2 == 0)
	}
	must(t, in.String(), "mupsert", "--db", db, "--create", "i", "c")
	return db
}

// TestFindPages runs the command that find prints, until there is no more: it finds each document once.
func TestFindPages(t *testing.T) {
	db := cartsIn(t, 20)
	args := []string{
		"find", "--db", db, "--ids", "--sort", `even,"it's",-n`, "--limit", "3", "i", "c", "n >= 4 and `it's` = \"a b\"",
	}
	var found []string
	for range 10 {
		code, out, errs := command(t, "", args...)
		if code != exitOK {
			t.Fatalf("%q: exit code %d\n%s", args, code, errs)
		}
		found = append(found, strings.Fields(out)...)
		if errs == "" {
			break
		}
		next, isNext := strings.CutPrefix(errs, "there is more:\n  kuzzlite ")
		words, _, err := splitLine(next)
		if err != nil || !isNext || len(strings.Fields(out)) != 3 {
			t.Fatalf("after %q: %v\n%s", out, err, errs)
		}
		args = texts(words)
	}
	var want []string
	for _, first := range []int{19, 18} {
		for n := first; n >= 4; n -= 2 {
			want = append(want, fmt.Sprintf(`"c%04d"`, n))
		}
	}
	if strings.Join(found, " ") != strings.Join(want, " ") {
		t.Errorf("found %q, want %q", found, want)
	}
}

// TestFindOnTerminal has the tables of a terminal.
func TestFindOnTerminal(t *testing.T) {
	db := cartsIn(t, 3)
	for flags, want := range map[string]string{
		"":           "ID      VERSION  DOCUMENT\nc0002   1        {\"n\":2,\"even\":true,\"it's\":\"a b\"}\n",
		"--ids":      "ID\nc0002\n",
		"--fields=n": "ID      VERSION  n\nc0002   1        2\n",
	} {
		got := onTerminal(t, 60, append(strings.Fields("find --db "+db+" "+flags+" i c"), "n > 1")...)
		if got != want {
			t.Errorf("find %s prints\n%swant\n%s", flags, got, want)
		}
	}
	got := onTerminal(t, 60, "find", "--db", db, "--explain", "i", "c", "n > 1")
	for _, want := range []string{
		"plan       scan of all documents\n", "estimated  3 documents\n", "examined   3 documents and index entries\n",
		"found      1 document\n", "sorted     no\n", "took       ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("find --explain prints\n%swithout %q", got, want)
		}
	}
	got = onTerminal(t, 60, "find", "--db", db, "--explain", "--json", "i", "c")
	if !strings.Contains(got, `  "found": 3,`) {
		t.Errorf("find --explain --json prints\n%s", got)
	}
	got = onTerminal(t, 30, "find", "--db", db, "--histogram", "even", "i", "c")
	if got != "even: 3 texts, 2 different\n  true  "+strings.Repeat("█", 20)+" 2\n  false ██████████ 1\n3 documents\n" {
		t.Errorf("find --histogram prints\n%s", got)
	}
	got = onTerminal(t, 60, "field-index", "list", "--db", db, "i", "c")
	if got != "NAME    KIND    UNIQUE  SPARSE  STATE   FIELDS  WHERE\n" {
		t.Errorf("field-index list prints\n%s", got)
	}
}

// TestFindThatFails: output that cannot be written is an error, and a JSON object that is cut short stays open.
func TestFindThatFails(t *testing.T) {
	db := cartsIn(t, 300)
	for _, flags := range []string{"", "--ids", "--json", "--limit=5", "--limit=5 --json", "--explain", "--histogram=n"} {
		var errs bytes.Buffer
		args := strings.Fields("find --db " + db + " " + flags + " i c")
		code := run(t.Context(), args, strings.NewReader(""), failingWriter{}, &errs)
		if code != exitStore || !strings.Contains(errs.String(), "write output: disk is full") {
			t.Errorf("%q: exit code %d, %s", args, code, errs.String())
		}
	}
	code, out, errs := command(t, "", "find", "--db", db, "--json", "--max-scan", "299", "i", "c")
	if code != exitStore || !strings.HasPrefix(out, `{"documents":[{`) || strings.Contains(out, "]") {
		t.Errorf("exit code %d, %s\n%s", code, errs, out)
	}
	if err := (&jsonList{o: newOutput(io.Discard)}).end(); err != nil {
		t.Error(err)
	}
}
