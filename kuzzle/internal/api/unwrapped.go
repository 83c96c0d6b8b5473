package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Unwrapped is a result that a client gets without the envelope: over HTTP what WriteTo writes, with a header of its
// own. WriteTo may read from the store while it writes, so the context of the call must not end before. Once it has
// failed the client has got a part, and must be told by the end of its connection.
type Unwrapped interface {
	Result
	io.WriterTo
	Header() http.Header
}

// Raw is a result that is sent as it is. Over a WebSocket a JSON object has the room, by which the client knows the
// answer.
type Raw struct {
	ContentType string
	Text        json.RawMessage
}

// AppendJSON appends the text.
func (r *Raw) AppendJSON(dst []byte) []byte { return append(dst, r.Text...) }

// WriteTo writes the text.
func (r *Raw) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(r.Text)
	return int64(n), err
}

// Header returns the header of HTTP.
func (r *Raw) Header() http.Header { return http.Header{"Content-Type": {r.ContentType}} }

// inRoom appends the text as a WebSocket sends it.
func (r *Raw) inRoom(dst []byte, room string) []byte {
	return append(dst, WithMember(r.Text, "room", rawjson.AppendString(nil, room))...)
}

// Stream is a result that is written while it is read. Only HTTP has it.
type Stream struct {
	ContentType string
	FileName    string // of the file that the client saves; "": it saves none
	Write       func(w io.Writer) error
}

// AppendJSON appends what the stream writes, as a string, or null if it fails.
func (s *Stream) AppendJSON(dst []byte) []byte {
	var text bytes.Buffer
	if err := s.Write(&text); err != nil {
		return append(dst, "null"...)
	}
	return rawjson.AppendString(dst, text.String())
}

// WriteTo writes the stream.
func (s *Stream) WriteTo(w io.Writer) (int64, error) {
	counted := &counter{w: w}
	err := s.Write(counted)
	return counted.n, err
}

// counter counts what it passes on.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// Header returns the header of HTTP.
func (s *Stream) Header() http.Header {
	h := http.Header{"Content-Type": {s.ContentType}}
	if s.FileName != "" {
		h.Set("Content-Disposition", `attachment; filename="`+url.PathEscape(s.FileName)+`"`)
	}
	return h
}
