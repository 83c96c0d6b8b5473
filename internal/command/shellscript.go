package command

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A script is lines from a file or a pipe. They run as they come in.

// script runs the commands of standard input, until one fails.
func (sh *shell) script(ctx context.Context) error {
	in := newScriptReader(typed{ctx, sh.keys})
	failed, code := 0, exitOK
	for !sh.done {
		line, err := in.next()
		switch {
		case err != nil && ctx.Err() != nil:
			return &failure{code: exitStore, err: fmt.Errorf("interrupted after line %d of the script", in.line)}
		case err != nil:
			return err
		case line == "":
			sh.done = true
			continue
		}
		got := sh.line(ctx, line)
		switch {
		case ctx.Err() != nil && got == exitOK: // a watch ends so
			return &failure{exitStore, fmt.Errorf("interrupted after line %d of the script", in.line),
				"what comes behind it was not run"}
		case ctx.Err() != nil:
			return &failure{got, fmt.Errorf("interrupted at line %d of the script", in.begun),
				"what comes behind it was not run"}
		case got == exitOK:
			continue
		case !sh.keepGoing:
			return &failure{got, fmt.Errorf("stopped at line %d of the script", in.begun),
				"with --keep-going it goes on after a command that fails"}
		}
		if failed++; failed == 1 {
			code = got
		}
	}
	if failed > 0 {
		return &failure{code, fmt.Errorf("%s of the script failed", counted(uint64(failed), "command")),
			"what was wrong is said above"}
	}
	return nil
}

// scriptReader reads the commands of a script.
type scriptReader struct {
	in    *bufio.Reader
	line  int // the line read last, from 1
	begun int // the line in which the command read last begins
}

func newScriptReader(in io.Reader) *scriptReader { return &scriptReader{in: bufio.NewReader(in)} }

// next returns the next command, "" at the end of the script.
func (r *scriptReader) next() (string, error) {
	var s statement
	for {
		line, err := r.readLine()
		switch {
		case err == io.EOF:
			return "", r.unfinished(&s)
		case err != nil:
			return "", err
		case s.open == 0:
			r.begun = r.line
		}
		complete := s.add(line)
		switch {
		case complete && s.isBlank():
			s = statement{}
		case complete:
			return string(s.text), nil
		case len(s.text) > maxItemSize:
			return "", r.tooLong(r.begun)
		}
	}
}

// readLine returns the next line without its end.
func (r *scriptReader) readLine() (string, error) {
	var b []byte
	for {
		part, err := r.in.ReadSlice('\n')
		b = append(b, part...)
		switch {
		case len(b) > maxItemSize:
			return "", r.tooLong(r.line + 1)
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(b) == 0:
			return "", io.EOF
		case err != nil && err != io.EOF:
			return "", fmt.Errorf("read script: line %d: %w", r.line+1, err)
		}
		if r.line++; r.line == 1 {
			b = bytes.TrimPrefix(b, []byte("\ufeff")) // a byte order mark
		}
		return string(bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))), nil
	}
}

// unfinished refuses a command that goes on after the end of the script.
func (r *scriptReader) unfinished(s *statement) error {
	switch s.open {
	case 0:
		return nil
	case '\\':
		return usage("line %d of the script ends with a backslash, but no line follows", r.line)
	}
	return usage("line %d of the script: the command has a %c that is not ended", r.begun, s.open)
}

func (r *scriptReader) tooLong(line int) error {
	return &failure{code: exitUsage, err: fmt.Errorf("line %d of the script is longer than %d bytes", line, maxItemSize)}
}

// statement is a command as it comes in, line by line: it goes on in the next line if a quote is open.
type statement struct {
	text []byte
	open byte // as of splitLine
}

// add adds a line, and says whether the command is complete.
func (s *statement) add(line string) (complete bool) {
	more := s.open
	if more != 0 {
		s.text = append(s.text, '\n')
	}
	s.text = append(s.text, line...)
	if (more == '\'' || more == '"') && strings.IndexByte(line, more) < 0 {
		return false // which is known without looking at all of it again
	}
	_, s.open, _ = splitLine(string(s.text))
	return s.open == 0
}

// isBlank says whether there is nothing to run.
func (s *statement) isBlank() bool {
	text := bytes.TrimLeft(s.text, " \t\n")
	return len(text) == 0 || text[0] == '#'
}

// scriptInput is the standard input of the commands of a script: they have none, or else they would take the lines
// that come after them.
type scriptInput struct{}

func (scriptInput) Read([]byte) (int, error) {
	return 0, &failure{exitUsage, errors.New("standard input has the commands of the script"), "name a file"}
}
