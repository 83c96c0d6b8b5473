package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

const dumpHeader = `{"format":"kuzzlite-dump","version":4}` + "\n"

// withEnd adds to lines of a dump a last one with these counts and the checksum.
func withEnd(lines string, counts dumpCounts) string {
	var sum dumpSum
	for line := range strings.Lines(lines) {
		sum.add([]byte(strings.TrimSuffix(line, "\n")))
	}
	return lines + `{"end":` + string(appendJSON(nil, dumpTrailer{counts, sum.lines, sum.text()})) + "}\n"
}

// oddStore makes a store of names, ids and documents that something could go wrong with.
func oddStore(t *testing.T, path string) {
	t.Helper()
	clock := kuzzlite.NewFakeClock(time.UnixMilli(1_764_460_800_001))
	s, err := kuzzlite.Open(path, &kuzzlite.Options{
		AutoCreate: true, MaxDepth: 1000, MaxDocumentSize: 32 << 20, Clock: clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, index := range []string{"-shop", "é$'`(){}[];!@^=~", strings.Repeat("i", 126), "empty", "\ufffd"} {
		check(s.CreateIndex(t.Context(), index))
	}
	check(s.CreateCollection(t.Context(), "-shop", "--help"))
	check(s.CreateCollection(t.Context(), "-shop", "\u2028"))
	col := s.Collection("é$'`(){}[];!@^=~", "c")
	for _, id := range []string{
		"\x00", "\x7f", "\u2028", "a/b", `\`, `"`, "<&>", "\ufffd", "é", "e\u0301", strings.Repeat("x", 512), " ", "null",
	} {
		_, err := col.Create(t.Context(), id, []byte(`{"id":true}`))
		check(err)
	}
	for i, body := range []string{
		`{"n":[1.10,-0,1e400,9007199254740993,0.1e-7],"s":"\u00e9é\ud83d\ude00\/\"","":{"":null}}`,
		`{"_id":"x","_source":{},"expires":1,"end":{}}`,
		`{"deep":` + strings.Repeat("[", 900) + strings.Repeat("]", 900) + `}`,
		`{"large":"` + strings.Repeat("x", 17<<20) + `"}`,
	} {
		clock.Advance(time.Second)
		id := fmt.Sprint("body", i)
		_, err := col.Create(t.Context(), id, []byte(body))
		check(err)
		clock.Advance(time.Millisecond)
		_, err = col.Replace(t.Context(), id, []byte(body), &kuzzlite.WriteOptions{ExpireAt: clock.Now().AddDate(100, 0, i)})
		check(err)
	}
	for _, f := range []kuzzlite.FieldIndex{
		{Name: "\"é\u2028<&>,", Fields: []string{"a,b", "-\"", "é.<"}, Unique: true}, {Fields: []string{"id"}, Sparse: true},
	} {
		check(col.EnsureFieldIndex(t.Context(), f))
	}
	_, err = col.Delete(t.Context(), "null")
	check(err)
	_, err = s.Collection("-shop", "--help").Create(t.Context(), "last", []byte(`{}`))
	check(err)
	check(s.Close())
}

// contentOf lists all documents of a store, with their versions and times.
func contentOf(t *testing.T, path string) (list []string) {
	t.Helper()
	s, err := kuzzlite.Open(path, &kuzzlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r, err := s.Check(t.Context()); err != nil || r.Err() != nil {
		t.Errorf("check: %v, %v", err, r)
	}
	indexes, err := s.Indexes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range indexes {
		names, err := s.Collections(t.Context(), index)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, index)
		for _, name := range names {
			list = append(list, index+"/"+name)
			states, err := s.Collection(index, name).FieldIndexes(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, state := range states {
				list = append(list, fmt.Sprintf("%+v", state))
			}
			for doc, err := range s.Collection(index, name).All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, fmt.Sprintf("%q v%d %v %v %v %s", doc.ID, doc.Version, doc.Created, doc.Updated,
					doc.Expires, doc.Source))
			}
		}
	}
	return list
}

// TestDumpLoad dumps a store, loads that, and dumps the loaded one.
func TestDumpLoad(t *testing.T) {
	dir := t.TempDir()
	db, copied, dump := filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db"), filepath.Join(dir, "dump.zst")
	oddStore(t, db)
	must(t, "", "dump", "--db", db, dump)
	must(t, "", "load", "--db", copied, dump)
	want, got := contentOf(t, db), contentOf(t, copied)
	if len(want) != 5+3+16+1+2 || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%d lines instead of %d, or others", len(got), len(want))
	}
	if must(t, "", "dump", "--db", db) != must(t, "", "dump", "--db", copied) {
		t.Error("the dump of the loaded store is another one")
	}
	for path, mode := range map[string]os.FileMode{copied: 0o600, dump: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
}

// TestDumpOneState writes to a store while it is dumped: nothing of that may be in the dump.
func TestDumpOneState(t *testing.T) {
	s, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	col := s.Collection("i", "c")
	for i := range 1000 {
		if _, err := col.Create(t.Context(), fmt.Sprintf("%04d", i), []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	lines := 0
	d := &dumpWriter{w: writerFunc(func(b []byte) (int, error) {
		if lines++; lines == 5 {
			if _, err := col.Create(context.Background(), "9999", []byte(`{}`)); err != nil {
				t.Error(err)
			}
			if err := s.CreateIndex(context.Background(), "zzz"); err != nil {
				t.Error(err)
			}
		}
		return out.Write(b)
	})}
	if err := dumpStore(t.Context(), s, d); err != nil {
		t.Fatal(err)
	}
	if want := (dumpCounts{1, 1, 1000, 0, 0}); d.counts != want || bytes.Contains(out.Bytes(), []byte("9999")) {
		t.Errorf("the dump has %v", d.counts)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestLoadBadLines loads dumps with a line that is wrong: that is told by its number, and no store is made.
func TestLoadBadLines(t *testing.T) {
	const head = dumpHeader + `{"index":"i"}` + "\n" + `{"index":"i","collection":"c","settings":{}}` + "\n"
	const doc = `{"index":"i","collection":"c","_id":"a","_version":1,"created":1,"updated":2,"_source":{}}` + "\n"
	one := dumpCounts{1, 1, 1, 0, 0}
	end := strings.TrimPrefix(withEnd(head+doc, one), head+doc)
	with := func(old, new string) string { return withEnd(head+strings.Replace(doc, old, new, 1), one) }
	for in, want := range map[string]string{
		`{"index":"i"}` + "\n" + end: "line 1: this is no dump",
		"nonsense\n":                 "line 1: this is no dump",
		`{"format":"kuzzlite-dump","version":5,"codec":"x"}` + "\n": "line 1: the dump has version 5 of the format: " +
			"this release reads versions 2 to 4, use a newer one",
		`{"format":"kuzzlite-dump","version":1}` + "\n": "line 1: the dump has version 1 of the format: " +
			"this release reads versions 2 to 4, dump the store again with it",
		"[" + dumpHeader + "]":                                              "",
		dumpHeader + dumpHeader:                                             "line 2: this line is for the beginning of a dump",
		head + doc + end + doc:                                              "line 6: nothing may come after",
		withEnd(head+doc+doc, dumpCounts{1, 1, 2, 0, 0}):                    `line 5: document "a" in i/c: `,
		head + strings.Replace(doc, `{}`, `{"a":1}`, 1) + end:               "line 5: the dump is damaged: its lines do not have the",
		head + doc + strings.Replace(end, `"lines":4`, `"lines":5`, 1):      "line 5: the dump is damaged",
		head + doc + `{"end":{"indexes":1,"collections":1,"documents":1}}`:  "line 5: end must have the numbers",
		head + doc + strings.Replace(end, `"lines"`, `"more":1,"lines"`, 1): "line 5: end must have the numbers",
		head + end:                      "line 4: the dump had 1 document, 1 collection, 1 index, and there were 0 documents",
		head + doc + `{"end":{"docs":1`: "line 5: ",
		head + doc + `{"end":7}`:        "line 5: end must have the numbers",
		head + doc + "\n\n{}\n" + end:   "line 7: it is no line of a dump",
		head + `{"index":"UP"}` + "\n":  `line 4: invalid index name "UP": it must be lower case`,

		head + `{"index":"i","collection":"x","settings":{"a":1}}` + "\n": "line 4: the collection has settings",

		with(`"c"`, `"other"`):                         `line 4: collection "other" of index "i" has no line before`,
		with(`"_version":1`, `"v":1`):                  "line 4: _version is missing",
		with(`"_version":1`, `"_version":0`):           "line 4: _version must be a whole number, 1 or more",
		with(`"_version":1`, `"_version":1.0`):         "line 4: _version must be a whole number, 1 or more",
		with(`"created":1`, `"created":"1"`):           "line 4: created must be a time in milliseconds",
		with(`"created":1,`, ``):                       "line 4: created is missing",
		with(`"updated":2`, `"updated":2,"more":1`):    `line 4: unexpected key "more"`,
		with(`"updated":2`, `"updated":2,"updated":2`): `line 4: the key "updated" is there twice`,
		with(`"a"`, `""`):                              "line 4: document _id must not be empty",
		with(`"a"`, `7`):                               "line 4: document _id must be a string",
		with(`"a"`, `"\ud800"`):                        "line 4: document _id must be valid UTF-8",
		with(`{}`, `[]`):                               "line 4: document \"a\" in i/c: ",
		with(`{}`, `{"a":1,"a":2}`):                    "line 4: document \"a\" in i/c: ",
		with(`{}`, `{"a":`):                            "line 4: invalid JSON",
		with("{}", "{\"a\":\"\xff\"}"):                 "line 4: ",
	} {
		dir := t.TempDir()
		code, out, errs := command(t, in, "load", "--db", filepath.Join(dir, "a.db"))
		if want == "" { // an array of the lines is read as well, but is cut short here
			want = "the dump is cut short"
		}
		if code != exitStore || out != "" || !strings.HasPrefix(errs, "kuzzlite load: "+want) ||
			!strings.Contains(errs, "no store was made") {
			t.Errorf("%s\nexit code %d\n%swant %s", in, code, errs, want)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s\nleft behind: %v, %v", in, left, err)
		}
	}
}

// longDump are the lines of a dump of n documents.
func longDump(n int) (lines []string) {
	lines = append(lines, dumpHeader, `{"index":"i"}`+"\n", `{"index":"i","collection":"c"}`+"\n")
	for i := range n {
		lines = append(lines, fmt.Sprintf(
			`{"index":"i","collection":"c","_id":"%06d","_version":2,"created":1,"updated":2,"_source":{}}`+"\n", i))
	}
	all := strings.Join(lines, "")
	return append(lines, strings.TrimPrefix(withEnd(all, dumpCounts{1, 1, uint64(n), 0, 0}), all))
}

// TestLoadInterrupted sends an interrupt in the middle of a dump. Of a new store nothing is left; in one that was there
// is as much as the command says, and it goes on with --merge.
func TestLoadInterrupted(t *testing.T) {
	lines := longDump(3500)
	interrupted := func(db string, args ...string) string {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		in := &lineReader{lines: lines, before: func(n int) {
			if n == 2500 {
				cancel()
			}
		}}
		var out, errs bytes.Buffer
		code := run(ctx, append([]string{"load", "--db", db}, args...), in, &out, &errs)
		if code != exitStore {
			t.Errorf("exit code %d", code)
		}
		return errs.String()
	}
	dir := t.TempDir()
	errs := interrupted(filepath.Join(dir, "a.db"))
	if errs != "kuzzlite load: interrupted; no store was made: run the command again\n" {
		t.Errorf("it said\n%s", errs)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}

	db := filepath.Join(dir, "b.db")
	must(t, "", "create-index", "--db", db, "--create", "i")
	errs = interrupted(db)
	var documents, line int
	_, hint, _ := strings.Cut(errs, "kuzzlite load: interrupted\n  ")
	n, err := fmt.Sscanf(hint, "%d documents up to line %d are written;", &documents, &line)
	if n != 2 || documents != line-3 || documents%1000 != 997 {
		t.Fatalf("%v; it said\n%s", err, errs)
	}
	if got := must(t, "", "count", "--db", db, "i", "c"); got != fmt.Sprintln(documents) {
		t.Errorf("%s documents are there, and it said %d", got, documents)
	}
	all := strings.Join(lines, "")
	if code, _, errs := command(t, all, "load", "--db", db); code != exitStore || !strings.Contains(errs, "--merge") {
		t.Errorf("without --merge: exit code %d\n%s", code, errs)
	}
	must(t, all, "load", "--db", db, "--merge")
	if got := must(t, "", "count", "--db", db, "i", "c"); got != "3500\n" {
		t.Errorf("%s documents at the end", got)
	}
}

// TestLoadLeftovers loads where killed loads have left their stores. One that is still under way is left alone, also if
// its store is whole and closed, and so are files that no load has made.
func TestLoadLeftovers(t *testing.T) {
	dir := t.TempDir()
	left := func(name string, stores ...string) (path string, lock *kuzzlite.Store) {
		path = filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range stores {
			var err error
			if lock, err = kuzzlite.Open(filepath.Join(path, name), nil); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { lock.Close() })
			if name == loadingStore {
				_ = lock.Close()
			}
		}
		return path, lock
	}
	killed, s := left("a.db.123.loading", loadingStore, loadingLock)
	_ = s.Close()
	others, s := left("a.db.b.123.loading", loadingStore, loadingLock) // of a store a.db.b
	_ = s.Close()
	mine, s := left("a.db.125.loading", loadingLock)
	_ = s.Close()
	file := filepath.Join(mine, "my file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	underWay, _ := left("a.db.124.loading", loadingStore, loadingLock)
	begun, _ := left("a.db.126.loading")
	old, _ := left("a.db.127.loading")
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	must(t, strings.Join(longDump(1), ""), "load", "--db", filepath.Join(dir, "a.db"))
	for path, want := range map[string]bool{
		killed: false, others: true, underWay: true, filepath.Join(underWay, loadingStore): true, begun: true, old: false, file: true,
	} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestLoadMeetsNewStore has another process make the store while it is being loaded: that is not overwritten.
func TestLoadMeetsNewStore(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	lines := longDump(10)
	in := &lineReader{lines: lines, before: func(n int) {
		if n == 5 {
			must(t, "", "create-index", "--db", db, "--create", "mine")
		}
	}}
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"load", "--db", db}, in, &out, &errs)
	if code != exitStore || !strings.Contains(errs.String(), "a.db is there already") {
		t.Errorf("exit code %d\n%s", code, errs.String())
	}
	if got := must(t, "", "list", "--db", db); got != `{"index":"mine"}`+"\n" {
		t.Errorf("the store has %s", got)
	}
}

// TestDumpInterrupted: no file is made, or the old one stays.
func TestDumpInterrupted(t *testing.T) {
	dir := t.TempDir()
	db, dump := filepath.Join(dir, "a.db"), filepath.Join(dir, "dump")
	must(t, strings.Join(longDump(10), ""), "load", "--db", db)
	if err := os.WriteFile(dump, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var errs bytes.Buffer
	code := run(ctx, []string{"dump", "--db", db, "--force", dump}, strings.NewReader(""), io.Discard, &errs)
	if code != exitStore || !strings.Contains(errs.String(), "interrupted; no file was made") {
		t.Errorf("exit code %d\n%s", code, errs.String())
	}
	if b, err := os.ReadFile(dump); err != nil || string(b) != "old" {
		t.Errorf("the old file is %q, %v", b, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestOutputsOfStore: what would be taken for a log of the store, or is one file with another output, is refused before
// anything is written.
func TestOutputsOfStore(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	must(t, strings.Join(longDump(1), ""), "load", "--db", "a.db")
	for _, args := range [][]string{
		{"dump", "a.db-log2"}, {"dump", "--force", "./a.db"}, {"salvage", "--out", "a.db-log1"}, {"backup", "a.db-log0"},
		{"salvage", "--unknown", filepath.Join(dir, "a.db-log3")}, {"export", "i", "c", "a.db-log0"},
		{"salvage", "--force", "--out", "./s.ndjson", "--unknown", "s.ndjson"},
	} {
		code, _, errs := command(t, "", append(args, "--db", "a.db")...)
		if code != exitUsage {
			t.Errorf("%q: exit code %d\n%s", args, code, errs)
		}
	}
	if names := namesIn(t, dir); names != "a.db" {
		t.Errorf("there are %s", names)
	}
}

// namesIn lists the names of a directory.
func namesIn(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// TestLoadBesideLog: a log without its store may be all that is left of one, whatever is in it.
func TestLoadBesideLog(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.db-log1"), make([]byte, 8192), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := command(t, strings.Join(longDump(1), ""), "load", "--db", filepath.Join(dir, "a.db"))
	if code != exitStore || !strings.Contains(errs, "move it away first") {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	long := filepath.Join(dir, strings.Repeat("n", 240))
	must(t, strings.Join(longDump(1), ""), "load", "--db", long)
	must(t, "", "dump", "--db", long, filepath.Join(dir, strings.Repeat("d", 250)))
}
