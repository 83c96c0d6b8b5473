package command

import (
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/kuzzlite/kuzzlite"
)

// An answer writes {"successes": […], "errors": […]} while the input is still being read. Successes go out at once;
// errors wait until all successes are out: up to maxHeldErrors bytes in memory, beyond that in a temporary file.
// So memory stays flat whatever fails.
type answer struct {
	out      *output
	buf      []byte
	n        int // successes so far
	errors   bytes.Buffer
	overflow *os.File
}

const maxHeldErrors = 4 << 20

func newAnswer(out *output) *answer {
	_, _ = out.WriteString(`{"successes":[`)
	return &answer{out: out}
}

func (a *answer) success(s *kuzzlite.Success) error {
	a.buf = a.buf[:0]
	if a.n++; a.n > 1 {
		a.buf = append(a.buf, ',')
	}
	a.buf = s.AppendJSON(a.buf)
	if _, err := a.out.Write(a.buf); err != nil {
		return outputError(err)
	}
	return nil
}

func (a *answer) failure(json []byte) error {
	if a.errors.Len() > 0 || a.overflow != nil {
		a.errors.WriteByte(',')
	}
	a.errors.Write(json)
	if a.errors.Len() < maxHeldErrors {
		return nil
	}
	if a.overflow == nil {
		f, err := os.CreateTemp("", "kuzzlite-errors-*")
		if err != nil {
			return err
		}
		a.overflow = f
	}
	_, err := a.errors.WriteTo(a.overflow)
	return err
}

// end writes the errors and closes the answer. It is valid JSON even if the command stopped half way.
func (a *answer) end() (err error) {
	_, _ = a.out.WriteString(`],"errors":[`)
	if f := a.overflow; f != nil {
		defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(a.out, f); err != nil {
			return err
		}
	}
	_, _ = a.errors.WriteTo(a.out)
	_, err = a.out.WriteString("]}\n")
	return err
}
