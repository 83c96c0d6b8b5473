package command

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// editor reads lines that can be edited, with the Terminal of golang.org/x/term. What that lacks is added here: Ctrl-C
// clears a line, Tab completes, Ctrl-R looks for earlier lines, and lines may be longer than 4,096 characters.
type editor struct {
	terminal *term.Terminal
	keys     *keyboard
	screen   io.Writer
	history  *history
	complete func(ctx context.Context, line string, pos int) completion

	goesOn  bool            // the line goes on with a command: Tab does nothing
	ctx     context.Context // of the line that is being read
	typed   []byte          // not looked at
	ready   []byte          // for the terminal
	cleared bool            // by Ctrl-C

	needle string // what Ctrl-R looks for
	found  string // the line that Ctrl-R has put there
	at     int    // where in the history that is
}

const (
	keyCtrlC = 3
	keyCtrlR = 18

	// clearLine is what Ctrl-C becomes: the end of a paste, the end of the line, delete to its beginning, Enter.
	clearLine = "\x1b[201~\x05\x15\r"

	longLine = 4096 // characters: the terminal takes no more by itself
)

var (
	// errCleared is returned for a line that Ctrl-C has cleared.
	errCleared = errors.New("the line was cleared")

	// errNoKey ends a line that the terminal can make nothing of: an escape, and 255 bytes that complete no key.
	errNoKey = errors.New("what was typed is no key")
)

func newEditor(sh *shell) *editor {
	e := &editor{keys: sh.keys, screen: sh.app.stderr, complete: sh.complete}
	e.history = openHistory(historyPath(), sh.app.stderr)
	e.newTerminal()
	return e
}

func (e *editor) newTerminal() {
	e.terminal = term.NewTerminal(e, "")
	e.terminal.History = e.history
	e.terminal.AutoCompleteCallback = e.key
}

// readLine returns a line without its end, io.EOF at the end of the input, or errCleared.
func (e *editor) readLine(ctx context.Context, prompt string) (line string, err error) {
	if f, ok := e.keys.in.(*os.File); ok {
		state, err := term.MakeRaw(int(f.Fd()))
		if err != nil {
			return "", err
		}
		defer func() { _ = term.Restore(int(f.Fd()), state) }() // or the terminal is gone
	}
	e.ctx, e.cleared, e.found = ctx, false, ""
	e.resize()
	e.terminal.SetPrompt(prompt)
	e.terminal.SetBracketedPasteMode(true) // so that tabs in what is pasted do not complete
	defer e.terminal.SetBracketedPasteMode(false)
	line, err = e.terminal.ReadLine()
	switch {
	case errors.Is(err, errNoKey):
		e.newTerminal()
		_, _ = io.WriteString(e.screen, "\r\n")
		return "", errCleared
	case err != nil && !errors.Is(err, term.ErrPasteIndicator):
		_, _ = io.WriteString(e.screen, "\r\n")
		return "", err
	case e.cleared:
		return "", errCleared
	}
	return line, nil
}

// Read gives the terminal what is typed, up to a Ctrl-C, or what a Ctrl-C becomes.
func (e *editor) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, errNoKey
	}
	if len(e.ready) == 0 {
		if err := e.nextKeys(); err != nil {
			return 0, err
		}
	}
	n := copy(p, e.ready)
	e.ready = e.ready[n:]
	return n, nil
}

// nextKeys makes some of what is typed ready for the terminal.
func (e *editor) nextKeys() error {
	if len(e.typed) == 0 {
		var b [256]byte
		n, err := e.keys.read(e.ctx, b[:])
		if err != nil {
			return err
		}
		e.typed = b[:n]
	}
	if len(e.typed) > 0 && e.typed[0] == keyCtrlC {
		e.typed, e.ready, e.cleared = e.typed[1:], []byte(clearLine), true
		return nil
	}
	n := bytes.IndexByte(e.typed, keyCtrlC)
	if n < 0 {
		n = len(e.typed)
	}
	e.ready, e.typed = e.typed[:n], e.typed[n:]
	return nil
}

// Write writes to the screen.
func (e *editor) Write(p []byte) (int, error) { return e.screen.Write(p) }

// resize tells the terminal how large the screen is. It is for the beginning of a line: in the middle of one the
// terminal would guess how the screen has moved what is on it, and draw over that.
func (e *editor) resize() {
	if width, height, ok := screenSize(e.screen); ok {
		_ = e.terminal.SetSize(width, height) // or the next line tries again
	}
}

// key handles the keys that the terminal does not know. It returns the new line and where the cursor is in it, if
// there is one.
func (e *editor) key(line string, pos int, key rune) (newLine string, newPos int, ok bool) {
	switch {
	case key == '\t' && !e.goesOn:
		c := e.complete(e.ctx, line, pos)
		if len(c.choices) > 0 {
			width, _, ok := screenSize(e.screen)
			if !ok {
				width = 80
			}
			_, _ = io.WriteString(e.terminal, inColumns(c.choices, width))
		}
		return c.line, c.pos, true
	case key == keyCtrlR:
		found, ok := e.search(line)
		return found, len(found), ok
	case utf8.RuneCountInString(line) >= longLine && unicode.IsPrint(key):
		return line[:pos] + string(key) + line[pos:], pos + utf8.RuneLen(key), true
	}
	return "", 0, false
}

// search returns the newest earlier line with what was typed in it; if the line is one that was found, the next older.
func (e *editor) search(line string) (found string, ok bool) {
	i := e.at + 1
	if line != e.found || line == "" {
		e.needle, i = line, 0
	}
	for ; i < e.history.Len(); i++ {
		if old := e.history.At(i); old != line && strings.Contains(old, e.needle) {
			e.found, e.at = old, i
			return old, true
		}
	}
	return "", false
}
