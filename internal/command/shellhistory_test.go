package command

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestHistoryPath(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	t.Setenv(historyVariable, "x")
	for value, want := range map[string]string{"": "", "x": "x"} {
		t.Setenv(historyVariable, value)
		if got := historyPath(); got != want {
			t.Errorf("with %s=%s it is %q, want %q", historyVariable, value, got, want)
		}
	}
	if err := os.Unsetenv(historyVariable); err != nil { // t.Setenv sets it back
		t.Fatal(err)
	}
	if got, want := historyPath(), filepath.Join(dir, "kuzzlite", "history"); got != want {
		t.Errorf("it is %q, want %q", got, want)
	}
	t.Setenv("XDG_STATE_HOME", "relative")
	if got := historyPath(); got == "" || strings.HasPrefix(got, "relative") {
		t.Errorf("with a relative XDG_STATE_HOME it is %q", got)
	}
}

// TestHistory keeps lines at once, for nobody else to read, and does not keep all.
func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "history")
	var errs bytes.Buffer
	h := openHistory(path, &errs)
	tooLong := strings.Repeat("x", historyLine+1)
	for _, line := range []string{"one", "two", "two", "", " secret", "\tsecret", tooLong, "thrée"} {
		h.Add(line)
	}
	want := []string{"one", "two", "thrée"}
	if !slices.Equal(h.lines, want) || h.Len() != 3 || h.At(0) != "thrée" || h.At(2) != "one" {
		t.Errorf("it has %q, want %q", h.lines, want)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "one\ntwo\nthrée\n" {
		t.Errorf("the file has %q, %v", b, err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
	other := openHistory(path, &errs)
	other.Add("four")
	h.Add("five")
	if again := openHistory(path, &errs); !slices.Equal(again.lines, append(want, "four", "five")) {
		t.Errorf("after both shells it has %q", again.lines)
	}
	if errs.Len() > 0 {
		t.Errorf("it said %s", errs.String())
	}
}

// TestHistoryShortened has a file that has grown too long: the newest lines stay.
func TestHistoryShortened(t *testing.T) {
	for _, size := range []int{historySize + 1000, 5 * historySize} {
		path := filepath.Join(t.TempDir(), "history")
		line := strings.Repeat("x", 100) + "\n"
		if err := os.WriteFile(path, []byte(strings.Repeat(line, size/len(line))+"last\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		h := openHistory(path, &errs)
		h.Add("new")
		again := openHistory(path, &errs)
		n := again.Len()
		if n != historyLines || again.At(0) != "new" || again.At(1) != "last" || again.At(n-1)+"\n" != line {
			t.Errorf("%d bytes: it has %d lines, the last %q", size, n, again.At(0))
		}
		info, err := os.Stat(path)
		if err != nil || info.Size() > historySize || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%d bytes: the file is now %v, %v", size, info, err)
		}
		if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 || errs.Len() > 0 {
			t.Errorf("%d bytes: it left %v, %v and said %s", size, left, err, errs.String())
		}
	}
}

// TestHistoryThatFails: the shell goes on without a file, and says so once.
func TestHistoryThatFails(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(file, "history")} {
		var errs bytes.Buffer
		h := openHistory(path, &errs)
		h.Add("one")
		h.Add("two")
		if h.Len() != 2 || strings.Count(errs.String(), "lines are not kept: ") != 1 {
			t.Errorf("%s: it has %d lines and said %q", path, h.Len(), errs.String())
		}
	}
}
