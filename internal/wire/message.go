package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// Messages: a head in JSON on one line, and behind it values as they are, each behind its length plus one as a uvarint;
// 0 is nil.

// ErrMessage: a message is not as this package makes them.
var ErrMessage = errors.New("message is damaged")

// Pack returns the message of a head and values. It fails for a head that has no JSON, as one with a time in the year
// 10000.
func Pack(head any, values ...[]byte) ([]byte, error) {
	size := 1 << 9
	for _, v := range values {
		size += len(v) + binary.MaxVarintLen32
	}
	out := bytes.NewBuffer(make([]byte, 0, size))
	encoder := json.NewEncoder(out) // which ends the line
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(head); err != nil {
		return nil, err
	}
	b := out.Bytes()
	for _, v := range values {
		if v == nil {
			b = append(b, 0)
			continue
		}
		b = append(binary.AppendUvarint(b, uint64(len(v))+1), v...)
	}
	return b, nil
}

// UnpackCall reads a request, as Unpack. What the head has and a Call has not is an error that names it: an option that
// a newer client knows must not be left out in silence.
func UnpackCall(message []byte) (c *Call, values [][]byte, err error) {
	c = &Call{}
	values, err = unpack(message, c, true)
	return c, values, err
}

// Unpack reads a message. The values are parts of it.
func Unpack(message []byte, head any) (values [][]byte, err error) {
	return unpack(message, head, false)
}

func unpack(message []byte, head any, strict bool) (values [][]byte, err error) {
	line, rest, ok := bytes.Cut(message, []byte{'\n'})
	if !ok {
		return nil, fmt.Errorf("%w: it has no head", ErrMessage)
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	if strict {
		decoder.DisallowUnknownFields()
	}
	if err := decoder.Decode(head); err != nil {
		return nil, fmt.Errorf("%w: its head: %w", ErrMessage, err)
	}
	if decoder.More() {
		return nil, fmt.Errorf("%w: there is more behind its head", ErrMessage)
	}
	for len(rest) > 0 {
		size, n := binary.Uvarint(rest)
		if rest = rest[max(n, 0):]; n <= 0 || size > uint64(len(rest))+1 {
			return nil, fmt.Errorf("%w: value %d is cut off", ErrMessage, len(values)+1)
		}
		if size == 0 {
			values = append(values, nil)
			continue
		}
		end := int(size - 1)
		values = append(values, rest[:end:end])
		rest = rest[end:]
	}
	return values, nil
}
