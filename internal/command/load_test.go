package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
	bolt "go.etcd.io/bbolt"
)

// newLoader returns a loader of in into col, as mupsert makes it, and what it writes with --json.
func newLoader(col *kuzzlite.Collection, in []byte, l limits, o *kuzzlite.WriteOptions) (*loader, *bytes.Buffer) {
	var out bytes.Buffer
	a := &app{out: newOutput(&out), stderr: new(bytes.Buffer)}
	ld := &loader{
		app: a, cmd: &cobra.Command{Use: "mupsert"}, args: []string{"i", "c"}, in: newItemReader(bytes.NewReader(in)),
		limits: l, strict: o.Strict, atomic: o.Atomic, goOn: true, report: a.newReport(0, true),
	}
	ld.write = func(ctx context.Context, b *batch) (*kuzzlite.Result, error) {
		return mupsertBatch(ctx, ownCollection{col}, b, o)
	}
	return ld, &out
}

const twoItems = `{"_id":"a","changes":{}}
{"_id":"b","changes":{}}
`

func memory(t testing.TB) *kuzzlite.Collection {
	s, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Collection("i", "c")
}

// FuzzMUpsert loads nonsense. Whatever it is, each item must be in one of the lists of the answer, and the answer must
// be JSON; all at once, and in small batches, it must be the same.
func FuzzMUpsert(f *testing.F) {
	for _, test := range inputs {
		f.Add([]byte(test.in))
	}
	f.Add([]byte(twoItems + "{\"_id\":\"a\",\"changes\":{\"x\":\"\xff\"}}\n" + twoItems))
	f.Add([]byte(`[{"_id":"a","changes":{}},` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `]`))
	col := memory(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		var answers []string
		for _, l := range []limits{{1000, 1 << 20}, {1, 1}, {2, 1 << 20}} {
			_ = col.Truncate(t.Context(), nil)
			ld, out := newLoader(col, in, l, &kuzzlite.WriteOptions{})
			err := ld.load(t.Context())
			var stopped *failure
			ended := ld.in.form == "" || ld.in.torn || ld.in.decompressor != ""
			if err != nil && (!errors.As(err, &stopped) || stopped.code > exitUsage && !ended) {
				t.Fatal(err)
			}
			_ = ld.app.out.Flush()
			var answer struct{ Successes, Errors []json.RawMessage }
			if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
				t.Fatalf("answer is no JSON: %v", err)
			}
			if n := len(answer.Successes) + len(answer.Errors); n != ld.in.items || n != ld.report.total() {
				t.Fatalf("%d items, %d in the answer", ld.in.items, n)
			}
			answers = append(answers, out.String())
		}
		if answers[0] != answers[1] || answers[0] != answers[2] {
			t.Fatalf("the answer depends on the batches:\n%s", strings.Join(answers, "\n"))
		}
	})
}

// TestBatchBytes bounds batches by their size, and does not reuse the memory of a huge one.
func TestBatchBytes(t *testing.T) {
	var in strings.Builder
	for i := range 10 {
		fmt.Fprintf(&in, "{\"_id\":\"d%d\",\"changes\":{\"x\":\"%s\"}}\n", i, strings.Repeat("x", 100))
	}
	r := readBatches(t.Context(), newItemReader(strings.NewReader(in.String())), limits{1000, 250}, nil)
	var sizes []int
	for {
		b, err := r.next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(b.spans))
		if b.err != nil {
			break
		}
		r.recycle(b)
	}
	if got := fmt.Sprint(sizes); got != "[2 2 2 2 2 0]" {
		t.Errorf("batches of %s", got)
	}
	r.recycle(&batch{json: make([]byte, 3*maxBatchBytes)})
	for len(r.spare) > 0 {
		if b := <-r.spare; cap(b.json) > 2*maxBatchBytes {
			t.Errorf("%d bytes are kept for the next batch", cap(b.json))
		}
	}
}

// TestInterruptDuringWrite interrupts while a batch is being written, which must not disturb it.
func TestInterruptDuringWrite(t *testing.T) {
	col := memory(t)
	ctx, cancel := context.WithCancel(t.Context())
	l, _ := newLoader(col, []byte(twoItems), limits{1, 1000}, &kuzzlite.WriteOptions{})
	write := l.write
	l.write = func(ctx context.Context, b *batch) (*kuzzlite.Result, error) {
		cancel()
		return write(ctx, b)
	}
	var stopped *failure
	if err := l.load(ctx); !errors.As(err, &stopped) || stopped.code != exitStore ||
		!strings.HasPrefix(stopped.hint, "1 line done;") {
		t.Errorf("it ended with %#v", err)
	}
	if n, err := col.Count(t.Context()); n != 1 || err != nil {
		t.Errorf("%d documents were written, %v", n, err)
	}
}

// TestStoreThatFails has the store fail on the first batch, and on the second.
func TestStoreThatFails(t *testing.T) {
	for fails, want := range map[int]string{
		1: "\nno batch was completed: run the command again",
		2: "\n1 line done; to go on with line 2:\n… | tail -n +2 | mupsert i c",
	} {
		l, _ := newLoader(memory(t), []byte(twoItems), limits{1, 1000}, &kuzzlite.WriteOptions{})
		write, n := l.write, 0
		l.write = func(ctx context.Context, b *batch) (*kuzzlite.Result, error) {
			if n++; n == fails {
				return nil, fmt.Errorf("disk: %w", kuzzlite.ErrOutcomeUnknown)
			}
			return write(ctx, b)
		}
		var stopped *failure
		if err := l.load(t.Context()); !errors.As(err, &stopped) || stopped.code != exitStore || n != fails ||
			!errors.Is(err, kuzzlite.ErrOutcomeUnknown) || !strings.HasSuffix(stopped.hint, want) {
			t.Errorf("batch %d: it ended with %#v after %d batches", fails, err, n)
		}
	}
}

// TestManyBadLines lists the first hundred of them only, but counts all.
func TestManyBadLines(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	bad := strings.Repeat("nonsense\n", 250) + `{"_id":"a","changes":{}}`
	code, _, errs := command(t, bad, "mupsert", "--db", db, "--create", "--batch", "60", "--keep-going", "i", "c")
	if code != exitFailed || strings.Count(errs, "invalid JSON") != 100 ||
		!strings.Contains(errs, "\n… and 150 more lines failed\ncreated 1, updated 0, unchanged 0, failed 250;") {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	code, out, errs := command(t, bad, "mupsert", "--db", db, "--json", "--keep-going", "i", "c")
	if code != exitFailed || strings.Count(out, "invalid JSON") != 250 || strings.Contains(errs, "more lines") {
		t.Errorf("--json: exit code %d\n%s", code, errs)
	}
}

// TestPrunedFeed has a change feed of which the oldest part is gone.
func TestPrunedFeed(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	s, err := kuzzlite.Open(db, &kuzzlite.Options{AutoCreate: true, FeedMaxCount: 10})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		items := make([]kuzzlite.Upsert, 100)
		for i := range items {
			items[i] = kuzzlite.Upsert{ID: fmt.Sprint(i), Changes: map[string]any{"n": i}}
		}
		if _, err := s.Collection("i", "c").MUpsert(t.Context(), items, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Collection("i", "c").Truncate(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := command(t, "", "changes", "--db", db, "--since", "0"); code != exitStore ||
		!strings.Contains(errs, "no longer kept") {
		t.Errorf("--since 0: exit code %d\n%s", code, errs)
	}
	out := must(t, "", "changes", "--db", db)
	if strings.Contains(out, `"sequence":1,`) || !strings.Contains(out, `"op":"truncate"`) {
		t.Errorf("without --since:\n%.300s", out)
	}
}

// TestReadingVerbs runs them while another reader has the store open, which only other readers may do, and holds them
// to leaving the file as it is.
func TestReadingVerbs(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, `{"_id":"a","changes":{}}`, "mupsert", "--db", db, "--create", "i", "c")
	before, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	s, err := kuzzlite.Open(db, &kuzzlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, args := range [][]string{
		{"get", "i", "c", "a"}, {"mget", "i", "c", "a"}, {"exists", "i", "c", "a"}, {"count", "i", "c"},
		{"list"}, {"list", "i"}, {"list", "i", "c"}, {"export", "i", "c"}, {"changes"}, {"stats"}, {"check"},
		{"backup", db + ".copy"}, {"dump"}, {"dump", db + ".dump"}, {"salvage"},
	} {
		must(t, "", append(args, "--db", db)...)
	}
	after, err := os.ReadFile(db)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed, %v", err)
	}
}

// TestDamage damages the bytes of a document: check must tell, and so must whoever reads it.
func TestDamage(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, `{"_id":"a","changes":{"text":"to be damaged"}}`, "mupsert", "--db", db, "--create", "i", "c")
	b, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(db, bytes.ReplaceAll(b, []byte("to be damaged"), []byte("to be Damaged")), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := command(t, "", "check", "--db", db)
	if code != exitStore || !strings.Contains(out, `"problems":["`) || !strings.Contains(errs, "puts a backup in its place") {
		t.Errorf("check: exit code %d\n%s%s", code, out, errs)
	}
	for _, args := range [][]string{
		{"get", "i", "c", "a"}, {"list", "i", "c"}, {"export", "i", "c"}, {"export", "i", "c", db + ".ndjson"},
	} {
		code, out, errs := command(t, "", append(args, "--db", db)...)
		if code != exitStore || out != "" || !strings.Contains(errs, "lists what is damaged") {
			t.Errorf("%q: exit code %d\n%s%s", args, code, out, errs)
		}
	}
	code, _, errs = command(t, `{"_id":"a","changes":{"x":1}}`, "mupsert", "--db", db, "i", "c")
	if code != exitStore || !strings.Contains(errs, "line 1: document \"a\":") ||
		!strings.Contains(errs, "lists what is damaged") {
		t.Errorf("mupsert: exit code %d\n%s", code, errs)
	}
	if _, err := os.Stat(db + ".ndjson"); err == nil {
		t.Error("export left half a file behind")
	}
}

// damageDocument flips the last byte of a document's record.
func damageDocument(t *testing.T, db, id string) {
	t.Helper()
	b, err := bolt.Open(db, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = b.Update(func(tx *bolt.Tx) error {
		bucket, key := tx.Bucket([]byte("i/c")), []byte("d"+id)
		value := bytes.Clone(bucket.Get(key))
		value[len(value)-1] ^= 1
		return bucket.Put(key, value)
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestExportSkipDamaged saves what can be read: the first document, the last one and two in a row are damaged.
func TestExportSkipDamaged(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	var in strings.Builder
	for _, id := range "abcdef" {
		fmt.Fprintf(&in, "{\"_id\":\"%c\",\"changes\":{\"n\":1}}\n", id)
	}
	must(t, in.String(), "mupsert", "--db", db, "--create", "i", "c")
	for _, id := range []string{"a", "c", "d", "f"} {
		damageDocument(t, db, id)
	}
	const want = `{"_id":"b","changes":{"n":1}}` + "\n" + `{"_id":"e","changes":{"n":1}}` + "\n"
	code, out, errs := command(t, "", "export", "--db", db, "--skip-damaged", "i", "c")
	if code != exitFailed || out != want || strings.Count(errs, "\n") != 5 ||
		!strings.Contains(errs, `document "d" in i/c`) ||
		!strings.HasSuffix(errs, "left out of the whole store: 4 damaged records\n") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	code, _, errs = command(t, "", "export", "--db", db, "--skip-damaged", "i", "c", db+".ndjson")
	saved, err := os.ReadFile(db + ".ndjson")
	if code != exitFailed || string(saved) != want || !strings.Contains(errs, "exported 2 documents to ") {
		t.Errorf("to a file: exit code %d, %v\n%s%s", code, err, saved, errs)
	}
	for _, args := range [][]string{
		{"check"}, {"dump"}, {"list", "i", "c"}, {"export", "i", "c"}, {"get", "i", "c", "a"},
	} {
		hint := "kuzzlite salvage --out FILE --db "
		if len(args) > 1 {
			hint = "kuzzlite export --skip-damaged --db "
		}
		if code, _, errs := command(t, "", append(args, "--db", db)...); code != exitStore ||
			!strings.Contains(errs, hint+shellQuote(db)) {
			t.Errorf("%q: exit code %d\n%s", args, code, errs)
		}
	}
}

// TestDamagedStore truncates a store, so that it does not open: nothing may be advised that does not help.
func TestDamagedStore(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, "", "create-collection", "--db", db, "--create", "i", "c")
	if err := os.Truncate(db, 8192); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check"}, {"export", "i", "c"}} {
		code, _, errs := command(t, "", append(args, "--db", db)...)
		if code != exitStore || strings.Contains(errs, "kuzzlite check --db") ||
			!strings.Contains(errs, "kuzzlite salvage --out FILE --db "+shellQuote(db)) {
			t.Errorf("%q: exit code %d\n%s", args, code, errs)
		}
	}
}

// TestAtomicInBatches fails in its last batch, and nothing of those before is written.
func TestAtomicInBatches(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	must(t, `{"_id":"there","changes":{}}`, "mupsert", "--db", db, "--create", "i", "c")
	var in strings.Builder
	for i := range 2500 {
		fmt.Fprintf(&in, "{\"_id\":\"%d\",\"changes\":{\"n\":%d}}\n", i, i)
	}
	for _, code := range []int{exitFailed, exitOK} {
		bad, want := "", "2501\n"
		if code == exitFailed {
			bad, want = `{"_id":"","changes":{}}`+"\n", "1\n"
		}
		var out, errs bytes.Buffer
		if got := run(t.Context(), []string{"mupsert", "--db", db, "--atomic", "i", "c"}, strings.NewReader(in.String()+bad), &out, &errs); got != code {
			t.Errorf("exit code %d, want %d\n%s", got, code, errs.String())
		}
		if code == exitFailed && (!strings.Contains(errs.String(), "created 0, updated 0, unchanged 0, failed 1") ||
			!strings.Contains(errs.String(), "nothing was written, because 1 of 2501 documents failed")) {
			t.Errorf("%s", errs.String())
		}
		if got := must(t, "", "count", "--db", db, "i", "c"); got != want {
			t.Errorf("there are %s documents, want %s", got, want)
		}
	}
}
