package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Kind is what a frame has.
type Kind byte

// The kinds of frames.
const (
	FrameItem     Kind = 'i' // a message, or with the action backup a part of the file
	FrameProgress Kind = 'p' // a message whose head is a Step
	FrameOutcome  Kind = 'o' // a message whose head is a Reply; the last frame
)

// Step is how far a call has come.
type Step struct {
	Done  uint64 `json:"done"`
	Total uint64 `json:"total"`
}

// maxFrame is how large a frame may be, in bytes: larger than all that one call of a store can write.
const maxFrame = 4 << 30

// ErrCut: an answer ends before its outcome.
var ErrCut = errors.New("answer is cut off")

// AppendFrame appends the beginning of a frame, behind which its payload comes.
func AppendFrame(dst []byte, kind Kind, size int) []byte {
	return binary.AppendUvarint(append(dst, byte(kind)), uint64(size))
}

// Reader reads frames.
type Reader struct {
	in      *bufio.Reader
	payload bytes.Buffer
}

// NewReader returns a reader of the frames of an answer.
func NewReader(in io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(in, 16<<10)} }

// Next returns the next frame, whose payload is good until the next call. ErrCut: the answer ends, here or in the
// frame; the error of the connection is wrapped too.
func (r *Reader) Next() (Kind, []byte, error) {
	kind, err := r.in.ReadByte()
	if err != nil {
		return 0, nil, cut(err)
	}
	if k := Kind(kind); k != FrameItem && k != FrameProgress && k != FrameOutcome {
		return 0, nil, fmt.Errorf("%w: unknown kind of frame %q", ErrMessage, kind)
	}
	size, err := binary.ReadUvarint(r.in)
	if err != nil {
		return 0, nil, cut(err)
	}
	if size > maxFrame {
		return 0, nil, fmt.Errorf("%w: a frame of %d bytes", ErrMessage, size)
	}
	r.payload.Reset()
	if _, err := io.CopyN(&r.payload, r.in, int64(size)); err != nil { // which takes no more memory than there are bytes
		return 0, nil, cut(err)
	}
	return Kind(kind), r.payload.Bytes(), nil
}

// End reads the end of an answer behind its outcome: a connection of which that was not read is not used again.
func (r *Reader) End() { _, _ = r.in.ReadByte() }

func cut(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", ErrCut, err)
}
