package kuzzle

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/http"
	"sync"
	"time"
)

// framed is the connection under a WebSocket. What a socket sends is written past the library, which would make a system
// call for each message: here all that waits goes out together. The library still writes the frames of control.
type framed struct {
	net.Conn
	patience time.Duration // for what is written together

	mu      sync.Mutex // guards what follows, and is held while something is written
	closing bool       // nothing comes any more
	until   time.Time  // the deadline; zero: there is none
	headers []byte     // of the frames of one call
	parts   net.Buffers
	left    net.Buffers // of the parts
}

// hijacker is a response whose connection becomes a framed one.
type hijacker struct {
	http.ResponseWriter
	patience time.Duration // of the connection

	conn *framed // once it is hijacked
}

// Hijack takes the connection over from net/http.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &framed{Conn: conn, patience: h.patience}
	rw.Writer.Reset(h.conn)
	return h.conn, rw, nil
}

// The header of a frame (RFC 6455, section 5.2).
const (
	finalText  = 0x81 // a whole message
	finalClose = 0x88 // after which nothing comes

	length16   = 126 // in place of the length: 16 bits follow
	length64   = 127
	headerSize = 10 // bytes, at most
)

// Write writes a frame of control, which comes in one piece: no such frame is larger than the library's buffer.
func (f *framed) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closing = f.closing || p[0] == finalClose
	f.renew()
	return f.Conn.Write(p)
}

// renew gives the client its time for what is written next, and up to a quarter more: so not each write moves a timer,
// which costs as much as to wake a goroutine.
func (f *framed) renew() {
	now := time.Now()
	if f.until.Sub(now) < f.patience {
		f.until = now.Add(f.patience + f.patience/4)
		_ = f.SetWriteDeadline(f.until) // or the write fails
	}
}

// maxTogether is how many bytes of messages are written by one system call, unless a single message is larger.
const maxTogether = 64 << 10

// send writes messages, each in a frame of its own. Messages that would come behind the last frame are not written.
func (f *framed) send(messages [][]byte) error {
	for len(messages) > 0 {
		n := together(messages)
		if err := f.sendTogether(messages[:n]); err != nil {
			return err
		}
		messages = messages[n:]
	}
	return nil
}

// together returns how many of some messages are written together.
func together(messages [][]byte) int {
	n, size := 1, len(messages[0])
	for n < len(messages) && size+len(messages[n]) <= maxTogether {
		size += len(messages[n])
		n++
	}
	return n
}

func (f *framed) sendTogether(messages [][]byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closing {
		return net.ErrClosed
	}
	f.renew()
	if len(messages) == 1 && len(messages[0]) <= mostCopied {
		return f.sendCopy(messages[0])
	}
	if need := len(messages) * headerSize; cap(f.headers) < need {
		f.headers = make([]byte, 0, need) // of one piece: parts of it are in use until all is written
	}
	f.headers, f.parts = f.headers[:0], f.parts[:0]
	for _, message := range messages {
		from := len(f.headers)
		f.headers = appendHeader(f.headers, len(message))
		f.parts = append(f.parts, f.headers[from:], message)
	}
	f.left = f.parts
	_, err := f.left.WriteTo(f.Conn)
	clear(f.parts) // which keeps no message alive
	return err
}

// mostCopied is how long a message is, in bytes, that is rather copied behind its header than written from two places.
const mostCopied = 4 << 10

var copies = sync.Pool{New: func() any { return new([]byte) }}

// sendCopy writes a short message, as most notifications are.
func (f *framed) sendCopy(message []byte) error {
	buffer := copies.Get().(*[]byte)
	defer copies.Put(buffer)
	*buffer = append(appendHeader((*buffer)[:0], len(message)), message...)
	_, err := f.Conn.Write(*buffer)
	return err
}

// appendHeader appends the header of the frame of a message.
func appendHeader(dst []byte, length int) []byte {
	dst = append(dst, finalText)
	switch {
	case length < length16:
		return append(dst, byte(length))
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, length16), uint16(length))
	}
	return binary.BigEndian.AppendUint64(append(dst, length64), uint64(length))
}
