package segment

const chunkSize = 256 << 10 // a multiple of pageSize

// maxSpare is how many chunks a buffer keeps to use them again.
const maxSpare = 4

// buffer is the end of a file that the system does not have yet. It is kept in chunks, so that a large record is
// copied once and needs no memory in one piece. All chunks but the last are full. The last page may be there
// already: it is kept until it is full, so that the system never has to read a page of which a part is written.
type buffer struct {
	at     int64 // where the first chunk begins in the file, a multiple of pageSize
	chunks [][]byte
	spare  [][]byte
}

// reset empties the buffer, which begins at an offset now.
func (b *buffer) reset(at int64) {
	b.giveBack(b.chunks)
	b.at, b.chunks = at, nil
}

// write adds p.
func (b *buffer) write(p []byte) {
	for len(p) > 0 {
		room := b.room()
		n := min(len(room), len(p))
		copy(room, p[:n])
		b.grow(n)
		p = p[n:]
	}
}

// pad adds n zeros.
func (b *buffer) pad(n int) {
	for n > 0 {
		room := b.room()
		room = room[:min(len(room), n)]
		clear(room)
		b.grow(len(room))
		n -= len(room)
	}
}

// room returns the free part of the last chunk, which is not empty.
func (b *buffer) room() []byte {
	if n := len(b.chunks); n == 0 || len(b.chunks[n-1]) == chunkSize {
		b.chunks = append(b.chunks, b.chunk())
	}
	last := b.chunks[len(b.chunks)-1]
	return last[len(last):chunkSize]
}

func (b *buffer) grow(n int) {
	last := &b.chunks[len(b.chunks)-1]
	*last = (*last)[:len(*last)+n]
}

// chunk returns an empty chunk.
func (b *buffer) chunk() []byte {
	if n := len(b.spare); n > 0 {
		c := b.spare[n-1]
		b.spare = b.spare[:n-1]
		return c[:0]
	}
	return make([]byte, 0, chunkSize)
}

// take returns what is in the buffer, filled up to whole pages with zeros, and where that belongs. The last page
// stays in the buffer, too, if it is not full. The chunks are the caller's, until they are given back.
func (b *buffer) take() (chunks [][]byte, at int64) {
	chunks, at = b.chunks, b.at
	if len(chunks) == 0 {
		return nil, at
	}
	last := &chunks[len(chunks)-1]
	used := len(*last)
	whole := used &^ (pageSize - 1)
	b.at, b.chunks = at+int64(len(chunks)-1)*chunkSize+int64(whole), nil
	if whole < used {
		b.write((*last)[whole:])
		*last = (*last)[:whole+pageSize]
		clear((*last)[used:])
	}
	return chunks, at
}

// giveBack takes chunks that are no longer needed.
func (b *buffer) giveBack(chunks [][]byte) {
	b.spare = append(b.spare, chunks[:min(len(chunks), maxSpare-len(b.spare))]...)
}
