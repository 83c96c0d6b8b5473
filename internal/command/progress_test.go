package command

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// TestProgress draws bars of a known size and of an unknown one, and takes them away.
func TestProgress(t *testing.T) {
	for size, want := range map[int64]string{1000: "50%", unknownSize: "500 B"} {
		var out bytes.Buffer
		p := &progress{newBar(&out, size, 0)}
		p.set(500)
		if shown := out.String(); !strings.Contains(shown, want) {
			t.Errorf("size %d: it shows %q, not %s", size, shown, want)
		}
		p.clear()
		if shown := out.String(); !strings.HasSuffix(shown, "\r") {
			t.Errorf("size %d: the last of %q is left on the line", size, shown)
		}
	}
	if (&app{stderr: new(bytes.Buffer)}).newProgress(unknownSize) != nil {
		t.Error("there is a bar without a terminal")
	}
}

// TestClock says what is being done, where the time is, and nothing more at the end.
func TestClock(t *testing.T) {
	var out bytes.Buffer
	c := &clock{progress{newClockBar(&out, time.Hour, 0)}, time.Now().Add(-30 * time.Minute), time.Hour}
	c.step("round 1 of 5")
	if shown := out.String(); !strings.Contains(shown, "50%") || !strings.Contains(shown, "round 1 of 5") {
		t.Errorf("it shows %q", shown)
	}
	c.begun = c.begun.Add(-time.Hour) // it takes longer than was thought
	c.step("round 5 of 5")
	if shown := out.String(); !strings.Contains(shown, "round 5 of 5") || strings.Contains(shown, "100%") {
		t.Errorf("it shows %q", shown)
	}
	c.end()
	if shown := out.String(); !strings.HasSuffix(shown, "\r") {
		t.Errorf("the last of %q is left on the line", shown)
	}
	if none := newClock(new(bytes.Buffer), time.Second); none != nil {
		t.Error("there is a bar without a terminal")
	} else {
		none.step("nothing")
		none.end()
	}
}

// TestWatched shows a bar while a call of the library runs, and takes it away when the call has ended, also where it
// has failed. Without a terminal the library is not asked to tell anything.
func TestWatched(t *testing.T) {
	var errs bytes.Buffer
	a := &app{stderr: &errs, terminals: [2]bool{false, true}}
	failed := errors.New("of the call")
	got, err := watched(a, func(show func(kuzzlite.Progress)) (int, error) {
		show(kuzzlite.Progress{Total: 1000})
		show(kuzzlite.Progress{Done: 250, Total: 1000})
		if shown := errs.String(); !strings.Contains(shown, "25%") {
			t.Errorf("it shows %q", shown)
		}
		return 1, failed
	})
	if shown := errs.String(); got != 1 || err != failed || !strings.HasSuffix(shown, "\r") {
		t.Errorf("%d, %v: the last of %q is left on the line", got, err, shown)
	}
	errs.Reset()
	a.terminals[1] = false
	got, err = watched(a, func(show func(kuzzlite.Progress)) (int, error) {
		if show != nil {
			t.Error("there is something to show with, and no terminal")
		}
		return 2, nil
	})
	if got != 2 || err != nil || errs.Len() > 0 {
		t.Errorf("%d, %v; it shows %q", got, err, errs.String())
	}
}

// TestProgressOfVerbs looks what the verbs that look after a store show on a terminal, and that nothing of that is left
// in front of what they say. Piped they say the same and show nothing.
func TestProgressOfVerbs(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	var in strings.Builder
	for i := range 8000 {
		fmt.Fprintf(&in, "{\"_id\":\"%d\",\"changes\":{\"pad\":\"%01000d\"}}\n", i*7919%8000, i)
	}
	must(t, in.String(), "mupsert", "--db", db, "--create", "i", "c")
	for _, args := range [][]string{{"check"}, {"backup"}, {"compact"}} {
		run := func(terminal bool) (stdout, stderr string) {
			args := append(args, "--db", db)
			if args[0] == "backup" {
				args = append(args, filepath.Join(t.TempDir(), "b.db"))
			}
			var out, errs bytes.Buffer
			a := &app{out: newOutput(&out), stderr: &errs, terminals: [2]bool{false, terminal}}
			if code := a.run(t.Context(), args); code != exitOK {
				t.Errorf("%q: exit code %d\n%s", args, code, errs.String())
			}
			return out.String(), errs.String()
		}
		out, shown := run(true)
		again, said := run(false)
		bar, rest := shown[:strings.LastIndex(shown, "\r")+1], shown[strings.LastIndex(shown, "\r")+1:]
		if !strings.Contains(bar, "%") {
			t.Errorf("%q shows %q", args, shown)
		}
		if strings.ContainsAny(said, "\r%") || firstWords(rest) != firstWords(said) {
			t.Errorf("%q says %q on a terminal, and %q piped", args, rest, said)
		}
		if args[0] != "compact" && out != again {
			t.Errorf("%q prints %q on a terminal, and %q piped", args, out, again)
		}
	}
}

// firstWords is what is said before a path, which differs.
func firstWords(s string) string {
	words, _, _ := strings.Cut(s, " /")
	return words
}
