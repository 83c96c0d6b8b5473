package segment

import (
	"fmt"
	"hash/crc32"
	"io"
)

// findDamage looks behind the end of a log, which is at an offset, for a record of the same generation that shows
// that there was one more, durable. What it returns wraps ErrCorrupt; err is what the file system says.
func findDamage(r io.ReaderAt, at, size int64, end Link) (damage, err error) {
	sectors := buffered(r, at, size)
	budget := 4 * size // what is not a log at all could have all sectors begin records of the whole file
	for ; at+recordHead <= size; at += sectorSize {
		head, err := sectors.Peek(recordHead)
		if err != nil {
			return nil, ignoreEnd(err)
		}
		if rec := decodeRecord(head); rec.tells(end, size-at) {
			whole, err := isWhole(r, rec, headSum(head), at)
			if err != nil {
				return nil, err
			}
			if budget -= recordHead + int64(rec.length); whole || budget < 0 {
				return fmt.Errorf("%w: record %d was durable, and is not whole any more", ErrCorrupt, end.Records+1), nil
			}
		}
		if _, err := sectors.Discard(sectorSize); err != nil {
			return nil, ignoreEnd(err)
		}
	}
	return nil, nil
}

// cutOff says that a file of so many bytes was cut off. A segment grows by whole steps, in one go each.
func cutOff(size int64) error {
	if size == areaAt || size%fillStep == 0 {
		return nil
	}
	return fmt.Errorf("%w: the file was cut off: it has %d bytes, and a log has a multiple of %d",
		ErrCorrupt, size, fillStep)
}

// tells says whether r, if it is whole, tells that the record behind a link was durable. There are room bytes for r.
func (r *record) tells(l Link, room int64) bool {
	return r.nonce == l.Nonce && r.synced > l.Records && r.number > r.synced &&
		r.length <= MaxPayload && recordHead+int64(r.length) <= room
}

// isWhole reads the payload of a record at an offset and compares the checksums.
func isWhole(r io.ReaderAt, rec record, sum uint32, at int64) (bool, error) {
	payload := io.NewSectionReader(r, at+recordHead, int64(rec.length))
	b := make([]byte, min(int(rec.length), chunkSize))
	for left := int(rec.length); left > 0; {
		n, err := io.ReadFull(payload, b[:min(left, len(b))])
		if err != nil {
			return false, err
		}
		sum = crc32.Update(sum, castagnoli, b[:n])
		left -= n
	}
	return sum == rec.sum, nil
}
