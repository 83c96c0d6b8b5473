package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
)

// manyChanges makes a store with n documents, and a consumer x at the beginning of the feed.
func manyChanges(t *testing.T, n int) (db string) {
	t.Helper()
	db = filepath.Join(t.TempDir(), "a.db")
	var in strings.Builder
	for i := range n {
		fmt.Fprintf(&in, "{\"_id\":\"%d\",\"changes\":{}}\n", i)
	}
	must(t, in.String(), "mupsert", "--db", db, "--create", "i", "c")
	must(t, "", "create-consumer", "--db", db, "--oldest", "x")
	return db
}

// acknowledged returns the sequence that consumer x is at.
func acknowledged(t *testing.T, db string) uint64 {
	t.Helper()
	s, err := kuzzlite.Open(db, &kuzzlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	state, err := s.Consumer("x").State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return state.Sequence
}

// fullDisk takes so many bytes and no more.
type fullDisk struct {
	left int
	took bytes.Buffer
}

func (w *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	w.left -= n
	w.took.Write(p[:n])
	if n < len(p) {
		return n, errors.New("disk is full")
	}
	return n, nil
}

// TestConsumeFullDisk prints to a disk that becomes full: what was not printed is not acknowledged, and comes again.
func TestConsumeFullDisk(t *testing.T) {
	db := manyChanges(t, 3000)
	all := must(t, "", "changes", "--db", db)
	printed := ""
	for room, limit := range map[int]string{0: "100", 10: "0", 1000: "100", 150_000: "0", 20_000: "900"} {
		before := acknowledged(t, db)
		out := &fullDisk{left: room}
		var errs bytes.Buffer
		code := run(t.Context(), []string{"consume", "--db", db, "--limit", limit, "x"}, strings.NewReader(""), out, &errs)
		if code != exitStore || !strings.Contains(errs.String(), "write output: disk is full") {
			t.Fatalf("room for %d bytes: exit code %d\n%s", room, code, errs.String())
		}
		after := acknowledged(t, db)
		lines := strings.SplitAfter(out.took.String(), "\n")
		if n := after - before; n > uint64(len(lines)-1) {
			t.Fatalf("%d changes were printed, and %d acknowledged", len(lines)-1, n)
		} else {
			printed += strings.Join(lines[:n], "")
		}
	}
	if first := acknowledged(t, db); first < 1000 {
		t.Errorf("only %d changes were acknowledged: nothing is before the end", first)
	}
	if printed += must(t, "", "consume", "--db", db, "x"); printed != all {
		t.Error("what was printed and acknowledged is not the change feed")
	}
}

// TestConsumeInterrupted sends an interrupt while changes are printed: what was printed is acknowledged, and the next
// time consume begins with what comes after it.
func TestConsumeInterrupted(t *testing.T) {
	db := manyChanges(t, 5000)
	all := must(t, "", "changes", "--db", db)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var printed, errs bytes.Buffer
	out := writerFunc(func(p []byte) (int, error) {
		cancel()
		return printed.Write(p)
	})
	code := run(ctx, []string{"consume", "--db", db, "x"}, strings.NewReader(""), out, &errs)
	if code != exitStore || !strings.Contains(errs.String(), "interrupted; the output is not complete") {
		t.Errorf("exit code %d\n%s", code, errs.String())
	}
	if n := uint64(strings.Count(printed.String(), "\n")); n == 0 || n != acknowledged(t, db) {
		t.Errorf("%d changes were printed, and %d acknowledged", n, acknowledged(t, db))
	}
	if printed.String()+must(t, "", "consume", "--db", db, "x") != all {
		t.Error("what was printed in two parts is not the change feed")
	}
}

// TestConsumeGone: a consumer whose changes are no longer kept is told so, and how to go on, and is where it was.
func TestConsumeGone(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	s, err := kuzzlite.Open(db, &kuzzlite.Options{AutoCreate: true, FeedMaxCount: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Consumer("x").Create(t.Context(), &kuzzlite.ConsumerOptions{MaxLag: 1, Replay: true}); err != nil {
		t.Fatal(err)
	}
	for range 100 { // old changes go many at a time
		items := slices.Repeat([]kuzzlite.Write{{ID: "a", Body: []byte(`{}`)}}, 20)
		if _, err := s.Collection("i", "c").MCreateOrReplace(t.Context(), items); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	code, out, errs := command(t, "", "consume", "--db", db, "x")
	if code != exitStore || out != "" || !strings.Contains(errs, "changes are no longer kept") ||
		!strings.Contains(errs, "`kuzzlite acknowledge --db "+shellQuote(db)+" x SEQUENCE`") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	if n := acknowledged(t, db); n != 0 {
		t.Errorf("%d was acknowledged", n)
	}
	code, _, errs = command(t, "", "create-consumer", "--db", db, "--since", "0", "y")
	if code != exitStore || !strings.Contains(errs, "\n  --oldest begins with the oldest change still kept") {
		t.Errorf("create-consumer: exit code %d\n%s", code, errs)
	}
	if list := must(t, "", "consumers", "--db", db); strings.Contains(list, `"y"`) {
		t.Errorf("it was made: %s", list)
	}
	must(t, "", "create-consumer", "--db", db, "--oldest", "y")
}

// TestConsumeToFile prints to a file, as a shell does with >>, and to a file that cannot be made durable.
func TestConsumeToFile(t *testing.T) {
	db := manyChanges(t, 5)
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	args := []string{"consume", "--db", db, "--limit", "2", "x"}
	if code := run(t.Context(), args, strings.NewReader(""), f, &errs); code != exitOK {
		t.Errorf("exit code %d\n%s", code, errs.String())
	}
	if n := acknowledged(t, db); n != 2 {
		t.Errorf("%d was acknowledged", n)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), args, strings.NewReader(""), f, &errs); code != exitStore {
		t.Errorf("to a closed file: exit code %d\n%s", code, errs.String())
	}
	if n := acknowledged(t, db); n != 2 {
		t.Errorf("to a closed file: %d was acknowledged", n)
	}
}
