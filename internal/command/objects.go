package command

import (
	"bytes"
	"fmt"
	"io"
)

// Objects one after another come in two forms that begin alike. In NDJSON each is on a line of its own, so that what is
// wrong with a line is wrong with that alone; else they may be spread over lines, or share one. Which it is shows at
// the end of the first object, or of the first line.

// firstObject reads the first object and finds out which form the input has.
func (r *itemReader) firstObject(at *place) (item []byte, reason string, err error) {
	var s scanner
	r.buf = r.buf[:0]
	tooLong := false
	for done := false; !done; {
		b, err := r.buffered()
		if err == io.EOF {
			return r.firstTorn()
		}
		if err != nil {
			return nil, "", err
		}
		if i := bytes.IndexAny(b, "\n["); i >= 0 {
			b = b[:i+1]
		}
		var n int
		n, done = s.scan(b)
		last := b[max(n, 1)-1]
		if tooLong = tooLong || len(r.buf)+n > r.maxItem; !tooLong {
			r.append(b[:n])
		}
		r.discard(n)
		switch {
		case done:
		case last == '\n' && r.form == "":
			if torn, err := r.lineIsTorn(); err != nil || torn {
				return nil, r.badLine(tooLong), err
			}
		case last == '[' && !s.text && !tooLong && r.isRequest(s.depth):
			r.form = formDocuments
			return r.nextElement(at)
		}
	}
	if r.form != "" {
		return r.object(tooLong)
	}
	return r.endOfLine(tooLong)
}

// firstTorn ends an input that ends within its first object: on its first line that is a bad line like others.
func (r *itemReader) firstTorn() (item []byte, reason string, err error) {
	if r.form != "" {
		return r.broken(io.EOF, "")
	}
	r.line++
	return nil, r.badLine(false), nil
}

// lineIsTorn says whether the object that a line breaks off in is lost: the next one begins on the next line, or there
// is none.
func (r *itemReader) lineIsTorn() (bool, error) {
	b, err := r.r.Peek(1)
	switch {
	case err == io.EOF:
		return true, nil
	case err != nil:
		return false, err
	case b[0] == '{' && !r.expectsValue():
		return true, nil
	}
	r.form = formObjects
	return false, nil
}

// expectsValue says whether what was read breaks off where a value has to follow.
func (r *itemReader) expectsValue() bool {
	read := bytes.TrimRight(r.buf, " \t\r\n")
	return len(read) > 0 && bytes.IndexByte([]byte(":,["), read[len(read)-1]) >= 0
}

// badLine says what is wrong with the first line.
func (r *itemReader) badLine(tooLong bool) string {
	r.form = formNDJSON
	if tooLong {
		return r.tooLong()
	}
	return invalidReason(bytes.Trim(r.buf, " \t\r\n"))
}

// endOfLine decides by what comes after the first object, which has begun and ended on one line.
func (r *itemReader) endOfLine(tooLong bool) (item []byte, reason string, err error) {
	c, err := r.skipBlank()
	switch {
	case err != nil && err != io.EOF:
		return nil, "", err
	case err == nil && c == '{':
		r.form, r.buf = formObjects, bytes.TrimRight(r.buf, " \t\r")
		return r.object(tooLong)
	}
	r.form = formNDJSON
	line := bytes.Clone(r.buf)
	rest, more, err := r.readLine() // which may use the buffer
	switch {
	case err == io.EOF:
		r.line++
	case err != nil:
		return nil, "", err
	}
	if rest = bytes.Trim(rest, " \t\r\n"); tooLong || more || len(line)+len(rest) > r.maxItem {
		return nil, r.tooLong(), nil
	}
	if len(rest) > 0 {
		return nil, invalidReason(append(line, rest...)), nil
	}
	return bytes.TrimRight(line, " \t\r"), "", nil
}

// skipBlank takes in white space within a line and returns the byte that follows, without reading it.
func (r *itemReader) skipBlank() (byte, error) {
	for {
		b, err := r.r.Peek(1)
		if err != nil {
			return 0, err
		}
		if b[0] == '\n' || !isSpace(b[0]) {
			return b[0], nil
		}
		r.buf = append(r.buf, b[0]) // the line is told as it is
		r.discard(1)
	}
}

// nextObject returns the next of objects that are not on a line each, or the reason why there is none.
func (r *itemReader) nextObject(at *place) (item []byte, reason string, err error) {
	c, err := r.skipSpace()
	at.line = r.line + 1
	switch {
	case err != nil:
		return nil, "", err
	case c != '{':
		return r.broken(nil, fmt.Sprintf("an object is expected after the one before, not %q", c))
	}
	_, tooLong, err := r.readValue()
	if err != nil {
		return r.broken(err, "")
	}
	return r.object(tooLong)
}

// object returns the object that was read.
func (r *itemReader) object(tooLong bool) (item []byte, reason string, err error) {
	if tooLong {
		return nil, r.tooLong(), nil
	}
	return r.buf, "", nil
}
