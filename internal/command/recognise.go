package command

import (
	"bytes"
	"errors"
	"io"
)

// recognise finds out which form the input has, and reads up to its first item.
func (r *itemReader) recognise() error {
	if err := r.decompress(); err != nil {
		return err
	}
	if err := r.refuseForeign(); err != nil {
		return err
	}
	if err := r.refuseDump(); err != nil {
		return err
	}
	if r.table != nil {
		err := r.table.begin(r.r, r.maxItem)
		if err == io.EOF {
			r.closed, err = true, nil
		}
		if err == nil {
			r.form = formCSV
		}
		return err
	}
	c, err := r.skipSpace()
	switch {
	case err == io.EOF:
		r.form, r.closed = formNDJSON, true
	case err != nil:
		return err
	case c == '[':
		r.form = formArray
		r.discard(1)
	case c == '{':
		// Its end will tell: see firstObject.
	default:
		r.form = formNDJSON
	}
	return nil
}

// refuseForeign refuses what is plainly no JSON text, and skips the byte order mark of UTF-8.
func (r *itemReader) refuseForeign() error {
	b, err := r.r.Peek(3)
	if err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		r.discard(3)
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return foreign("the input is UTF-16", "use `iconv -f UTF-16 -t UTF-8 FILE | kuzzlite …`")
	}
	if block, _ := r.r.Peek(r.r.Buffered()); bytes.IndexByte(block, 0) >= 0 {
		return foreign("the input is binary", "it must be JSON text in UTF-8")
	}
	return nil
}

// refuseDump refuses what dump has written where something else is expected. It looks at no more than is needed to
// tell: who types has not written the next line yet.
func (r *itemReader) refuseDump() error {
	const beginning = `{"format":"` + dumpFormat + `"`
	for n := range len(beginning) {
		b, err := r.r.Peek(n + 1)
		switch {
		case err != nil && err != io.EOF:
			return err
		case r.isDump, err == io.EOF, b[n] != beginning[n]:
			return nil
		}
	}
	return foreign("the input is a dump of a whole store", "`kuzzlite load --db STORE FILE` loads it")
}

func foreign(what, hint string) error { return &failure{exitStore, errors.New(what), hint} }
