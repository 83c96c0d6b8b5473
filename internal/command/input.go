package command

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Items come in four forms, recognised by how they begin and read in flat memory:
//
//	NDJSON             one item a line; blank lines are skipped; a bad line is an error for that line alone
//	JSON objects       one after another, over several lines or on one; at a broken one nothing after can be told apart
//	[item, …]          an array on any number of lines; once it is broken, nothing after that can be told apart
//	{"documents": […]} the same, wrapped as in the body of Kuzzle's mUpsert
//
// An item is handed out as it is in the input. Whether it is valid JSON is for whoever writes it to find out, in one
// pass over many of them; see scanner for why they can be joined unseen.

const (
	maxItemSize   = 64 << 20 // bytes of one item; documents have a lower limit of their own
	maxDepth      = 1000     // of one item, as in the library
	inputBuffer   = 256 << 10
	formNDJSON    = "NDJSON"
	formObjects   = "JSON object"
	formArray     = "JSON array"
	formDocuments = `{"documents": […]}`
)

// place is where an item begins. Its number is told only where it is not that of the line.
type place struct {
	line, item int // from 1
	inArray    bool
}

func (p place) String() string {
	if p.inArray {
		return fmt.Sprintf("line %d, item %d", p.line, p.item)
	}
	return fmt.Sprintf("line %d", p.line)
}

// badItem is what is wrong with one item of the input. Reading goes on after it.
type badItem struct {
	place  place
	reason string

	plain  bool     // it seems to be a document as it is, and no item
	fields []string // of the first document that lacks the one with the id
}

func (e *badItem) Error() string { return e.place.String() + ": " + e.reason }

// itemReader reads the items of one input.
type itemReader struct {
	r       *bufio.Reader
	form    string
	maxItem int

	raw          *countingReader // of the file, before it is decompressed
	decompressor string          // command that does the same, "" if the input is not compressed
	gzip         *gzipReader     // nil: the input is not compressed by gzip
	isDump       bool            // a dump is expected, and not refused

	line   int // lines read so far, of those that are complete
	items  int // items read so far, bad ones too
	buf    []byte
	begun  bool // array: an item was read
	closed bool
	torn   bool // array, objects: the input ended before it did

	idPath []string // of documents as they are, nil for items
	lacked bool     // one lacked its id
	item   []byte   // made of such a document, or of a row
	table  *table   // CSV

	others []string // keys of a request beside its documents
	braces int      // of a request that are open around its documents
}

func newItemReader(r io.Reader) *itemReader {
	raw := &countingReader{r: r}
	return &itemReader{r: bufio.NewReaderSize(raw, inputBuffer), maxItem: maxItemSize, raw: raw}
}

// next returns the next item, valid until the following call, and where it begins. The error is a *badItem, after which
// there may be more; io.EOF; or that of the reader.
func (r *itemReader) next() (item []byte, at place, err error) {
	if r.form == "" {
		if err := r.recognise(); err != nil {
			return nil, at, err
		}
	}
	if r.closed {
		return nil, at, io.EOF
	}
	if cap(r.buf) > 2*maxBatchBytes {
		r.buf = nil // of a huge item, which its batch has meanwhile
	}
	r.items++
	at = place{item: r.items}
	item, reason, err := r.read(&at)
	var fields []string
	if err == nil && reason == "" && r.idPath != nil {
		doc := item
		item, reason = plainItem(r.item[:0], doc, r.idPath)
		r.item = item
		if !r.lacked && reason == noIDField(r.idPath) {
			r.lacked, fields = true, fieldsOf(doc)
		}
	}
	if err != nil {
		r.items--
		return nil, at, err
	}
	if reason != "" {
		return nil, at, &badItem{place: at, reason: reason, fields: fields}
	}
	return item, at, nil
}

// read returns the next item, or the reason why there is none, and says where it is.
func (r *itemReader) read(at *place) (item []byte, reason string, err error) {
	at.inArray = r.form != formNDJSON && r.form != formCSV
	switch r.form {
	case "":
		at.line = r.line + 1
		item, reason, err = r.firstObject(at)
		at.inArray = r.form != formNDJSON
		return item, reason, err
	case formNDJSON:
		return r.nextLine(at)
	case formCSV:
		item, reason, at.line, err = r.table.next(r.item[:0])
		r.item = item
		return item, reason, err
	case formObjects:
		return r.nextObject(at)
	}
	return r.nextElement(at)
}

// discard steps over n bytes that have been peeked at.
func (r *itemReader) discard(n int) {
	b, _ := r.r.Peek(n)
	r.line += bytes.Count(b, []byte{'\n'})
	_, _ = r.r.Discard(n)
}

// emptiness says what an input was like that had no items.
func (r *itemReader) emptiness() string {
	if r.form == formNDJSON {
		return "the input was empty"
	}
	return "the " + r.form + " was empty"
}

// buffered returns what can be looked at without reading more, at least one byte.
func (r *itemReader) buffered() ([]byte, error) {
	if _, err := r.r.Peek(1); err != nil {
		return nil, err
	}
	return r.r.Peek(r.r.Buffered())
}

// skipSpace steps over white space and returns the byte that follows, without reading it.
func (r *itemReader) skipSpace() (byte, error) {
	for {
		b, err := r.buffered()
		if err != nil {
			return 0, err
		}
		n := 0
		for n < len(b) && isSpace(b[n]) {
			n++
		}
		if n < len(b) {
			c := b[n]
			r.discard(n)
			return c, nil
		}
		r.discard(n)
	}
}

// nextLine returns the next line that is not blank, or the reason why that is no item, and says where it is.
func (r *itemReader) nextLine(at *place) (item []byte, reason string, err error) {
	for {
		line, tooLong, err := r.readLine()
		if err != nil {
			return nil, "", err
		}
		at.line = r.line
		line = bytes.Trim(line, " \t\r\n")
		switch {
		case tooLong || len(line) > r.maxItem:
			return nil, r.tooLong(), nil
		case len(line) == 0:
			continue
		case !isOneValue(line) || line[0] != '{' && !json.Valid(line):
			return nil, invalidReason(line), nil
		}
		return line, "", nil
	}
}

// readLine returns the next line, valid until the next read. Of one that is too long it returns nothing.
func (r *itemReader) readLine() (line []byte, tooLong bool, err error) {
	line, err = r.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		r.buf = r.buf[:0]
		for err == bufio.ErrBufferFull {
			if tooLong = tooLong || len(r.buf)+len(line) > r.maxItem; !tooLong {
				r.append(line)
			}
			line, err = r.r.ReadSlice('\n')
		}
		r.append(line)
		line = r.buf
	}
	if err == io.EOF && (len(line) > 0 || tooLong) {
		err = nil // the last line need not end
	}
	if err != nil {
		return nil, false, err
	}
	r.line++
	return line, tooLong, nil
}

// nextElement returns the next element of the array, or the reason why it is no item, and says where it is.
func (r *itemReader) nextElement(at *place) (item []byte, reason string, err error) {
	c, err := r.skipSpace()
	at.line = r.line + 1
	switch {
	case err != nil:
		return r.broken(err, "")
	case c == ']':
		return r.closeArray(at)
	case r.begun && c != ',':
		return r.broken(nil, "a comma or ] is expected after the item before")
	case r.begun:
		r.discard(1)
		if c, err = r.skipSpace(); err != nil {
			return r.broken(err, "")
		}
		at.line = r.line + 1
	}
	r.begun = true
	if c == ',' || c == ']' || c == '}' || c == ':' {
		return r.broken(nil, fmt.Sprintf("an item is expected, not %q", c))
	}
	item, tooLong, err := r.readValue()
	switch {
	case err != nil:
		return r.broken(err, "")
	case tooLong:
		return nil, r.tooLong(), nil
	case item[0] != '{' && !json.Valid(item):
		return nil, invalidReason(item), nil
	}
	return item, "", nil
}

// readValue returns the value ahead, valid until the next read. Of one that is too long it returns nothing.
func (r *itemReader) readValue() (item []byte, tooLong bool, err error) {
	var s scanner
	r.buf = r.buf[:0]
	for done := false; !done; {
		b, err := r.buffered()
		if err != nil {
			return nil, false, err
		}
		var n int
		n, done = s.scan(b)
		if tooLong = tooLong || len(r.buf)+n > r.maxItem; !tooLong {
			r.append(b[:n])
		}
		r.discard(n)
	}
	return r.buf, tooLong, nil
}

// append adds a piece of an item to the buffer, which doubles: append itself would leave five times a huge item behind.
func (r *itemReader) append(piece []byte) {
	if len(r.buf)+len(piece) > cap(r.buf) {
		larger := make([]byte, len(r.buf), 2*(len(r.buf)+len(piece))) // slices.Grow allocates twice with the race detector
		copy(larger, r.buf)
		r.buf = larger
	}
	r.buf = append(r.buf, piece...)
}

// closeArray reads what may follow the items: nothing, but for the rest of a request.
func (r *itemReader) closeArray(at *place) ([]byte, string, error) {
	r.discard(1)
	if r.form == formDocuments {
		if reason, err := r.closeRequest(at); err != nil || reason != "" {
			return r.broken(err, reason)
		}
	}
	c, err := r.skipSpace()
	at.line = r.line + 1
	switch {
	case err == nil:
		return r.broken(nil, fmt.Sprintf("nothing is expected after the end of the %s, but there is %q", r.form, c))
	case err == io.EOF:
		r.closed = true
	}
	return nil, "", err
}

// broken ends an array that cannot be read on: its end is missing if err is io.EOF.
func (r *itemReader) broken(err error, reason string) ([]byte, string, error) {
	if err != nil && err != io.EOF {
		return nil, "", err
	}
	r.closed = true
	if r.torn = err == io.EOF; r.torn {
		reason = "the input ends before the end of the " + r.form
	}
	return nil, reason + "; nothing after this could be read", nil
}

func (r *itemReader) tooLong() string {
	r.buf = nil
	return fmt.Sprintf("item is longer than %d bytes", r.maxItem)
}

// invalidReason says why b is not one JSON value, "" if it is. It never quotes more than a character of it.
func invalidReason(b []byte) string {
	var syntax *json.SyntaxError
	var raw json.RawMessage
	err := json.Unmarshal(b, &raw)
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("invalid JSON at byte %d: %v", syntax.Offset, syntax)
	case err != nil:
		return "invalid JSON: " + err.Error()
	case !utf8.Valid(b):
		return "invalid JSON: it is not valid UTF-8"
	case depthOf(b) > maxDepth:
		return fmt.Sprintf("it is nested more than %d deep", maxDepth)
	}
	return ""
}
