package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/segment"
)

// The bucket that makes a bbolt file a store, and its keys. Views do not show it.
var (
	bucketEngine = []byte("#engine")

	keyFormat = []byte("format") // one byte: the number of the format
	keyID     = []byte("id")     // 16 random bytes, of this file and no copy that Backup makes
	keyLog    = []byte("log")    // a logState
)

// position is the end of a generation of the log.
type position struct {
	generation uint64
	end        segment.Link
}

// logState says what of the log is in the file. It is written in the same bbolt transaction as what it speaks of.
type logState struct {
	// open: batches may have been acknowledged that are in the log only. A clean Close clears it.
	open bool
	// contained is the newest generation of which everything is in the file.
	contained position
	// applying, unless its generation is 0, is being written into the file: of that generation, and of those since
	// contained, some is in the file and some is not.
	applying position
	// before are the nonces of the generations before the contained one, the newest first: their segments may still be
	// lying about. In a file that was restored they are those of the logs that lay beside the file, of whichever store.
	before [rememberedNonces]uint64
}

// rememberedNonces is how many generations back a segment is recognised: more than there are segments at any time.
const rememberedNonces = 2 * maxSegments

// contains says whether a segment's content is in the file as a whole.
func (s *logState) contains(h *segment.Header) bool {
	if h.Generation > s.contained.generation {
		return false
	}
	return h.Nonce == s.contained.end.Nonce || s.remembers(h.Nonce)
}

// remembers says whether the nonce is that of a generation before the contained one, or of a log that lay beside a
// store that was restored.
func (s *logState) remembers(nonce uint64) bool {
	return nonce != 0 && slices.Contains(s.before[:], nonce)
}

// advance makes to the contained generation; since are the nonces of the generations since the contained one, in order.
func (s *logState) advance(to position, since []uint64) {
	remembered := append([]uint64{}, s.before[:]...)
	remembered = append([]uint64{s.contained.end.Nonce}, remembered...)
	for _, nonce := range since {
		if nonce != to.end.Nonce {
			remembered = append([]uint64{nonce}, remembered...)
		}
	}
	copy(s.before[:], remembered)
	s.contained, s.applying = to, position{}
}

const stateOpen = 1

// encode returns the value of keyLog: CRC-32C of the key and of what follows (4 bytes), flags (1 byte), then contained
// and applying, each generation (8), nonce (8), records (8) and checksum (4), then the remembered nonces (8 each). All
// numbers are big endian.
func (s *logState) encode() []byte {
	b := make([]byte, 4, 4+1+2*28+8*rememberedNonces)
	var flags byte
	if s.open {
		flags |= stateOpen
	}
	b = append(b, flags)
	for _, p := range []position{s.contained, s.applying} {
		b = binary.BigEndian.AppendUint64(b, p.generation)
		b = binary.BigEndian.AppendUint64(b, p.end.Nonce)
		b = binary.BigEndian.AppendUint64(b, p.end.Records)
		b = binary.BigEndian.AppendUint32(b, p.end.Sum)
	}
	for _, nonce := range s.before {
		b = binary.BigEndian.AppendUint64(b, nonce)
	}
	binary.BigEndian.PutUint32(b, stateSum(b))
	return b
}

// decodeLogState reads what encode wrote.
func decodeLogState(b []byte) (s logState, err error) {
	if len(b) != 4+1+2*28+8*rememberedNonces || binary.BigEndian.Uint32(b) != stateSum(b) {
		return s, fmt.Errorf("%w: the state of the log in the store's file has a wrong checksum", kv.ErrCorrupt)
	}
	s.open = b[4]&stateOpen != 0
	b = b[5:]
	for _, p := range []*position{&s.contained, &s.applying} {
		p.generation = binary.BigEndian.Uint64(b)
		p.end.Nonce = binary.BigEndian.Uint64(b[8:])
		p.end.Records = binary.BigEndian.Uint64(b[16:])
		p.end.Sum = binary.BigEndian.Uint32(b[24:])
		b = b[28:]
	}
	for i := range s.before {
		s.before[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return s, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func stateSum(b []byte) uint32 {
	return crc32.Update(crc32.Checksum(keyLog, castagnoli), castagnoli, b[4:])
}

// Errors of opening a store.
var (
	// ErrNotStore: the file is not a store, or one of a format that this release does not know.
	ErrNotStore = errors.New("not a kuzzlite store")

	// ErrLocked: another process, or another engine in this one, has the file open.
	ErrLocked = errors.New("file is in use")
)
