package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	historyVariable = "KUZZLITE_HISTORY"
	historyLines    = 1000     // that are read from the file
	historySize     = 1 << 20  // bytes of the file, beyond which the oldest lines are taken out
	historyLine     = 64 << 10 // bytes of the longest line that is kept
)

// history is the lines typed in this shell and those before. Each line is appended to a file at once, so that none is
// lost with the terminal, and several shells can share the file.
type history struct {
	path   string // "" if there is no file
	stderr io.Writer
	lines  []string // the oldest first
}

// historyPath returns the name of the file, "" if there is to be none.
func historyPath() string {
	if path, ok := os.LookupEnv(historyVariable); ok {
		return path
	}
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) { // as the XDG Base Directory Specification wants it
		var err error
		if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
			dir, err = os.UserConfigDir()
		} else if dir, err = os.UserHomeDir(); err == nil {
			dir = filepath.Join(dir, ".local", "state")
		}
		if err != nil {
			return ""
		}
	}
	return filepath.Join(dir, "kuzzlite", "history")
}

// openHistory reads the file. If that fails the shell goes on without it, and says so.
func openHistory(path string, stderr io.Writer) *history {
	h := &history{path: path, stderr: stderr}
	if path == "" {
		return h
	}
	b, err := readEnd(path, historySize)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		h.giveUp(err)
		return h
	}
	for line := range bytes.Lines(b) {
		h.lines = append(h.lines, strings.TrimSuffix(string(line), "\n"))
	}
	h.lines = slices.Clone(h.lines[max(0, len(h.lines)-historyLines):])
	if len(b) > historySize {
		if err := h.shorten(); err != nil {
			h.giveUp(err)
		}
	}
	return h
}

// readEnd returns the lines at the end of a file: more than size bytes if the file is longer than that.
func readEnd(path string, size int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	skip := max(0, info.Size()-2*size)
	b, err := io.ReadAll(io.NewSectionReader(f, skip, 2*size))
	if skip > 0 {
		_, b, _ = bytes.Cut(b, []byte("\n")) // the first line is not whole
	}
	return b, err
}

// shorten writes the file anew with the lines that are known, and puts it in the place of the old one.
func (h *history) shorten() (err error) {
	f, err := os.CreateTemp(filepath.Dir(h.path), ".history-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, strings.Join(h.lines, "\n")+"\n")
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), h.path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// giveUp says why there is no file, and does without.
func (h *history) giveUp(err error) {
	h.path = ""
	fmt.Fprintf(h.stderr, "lines are not kept: %s\r\n", printable(err.Error()))
}

// Add, Len and At make history a term.History.

// Add takes in a line that was entered, but for one that is blank, begins with a blank, or repeats the one before.
func (h *history) Add(line string) {
	repeated := len(h.lines) > 0 && line == h.lines[len(h.lines)-1]
	if line == "" || isBlank(line[0]) || repeated || len(line) > historyLine {
		return
	}
	h.lines = append(h.lines, line)
	if h.path == "" {
		return
	}
	if err := h.append(line); err != nil {
		h.giveUp(err)
	}
}

func (h *history) append(line string) error {
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(h.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, line+"\n") // in one write, beside those of other shells
	return errors.Join(err, f.Close())
}

// Len returns how many lines there are.
func (h *history) Len() int { return len(h.lines) }

// At returns a line: the newest is 0.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }
