package kuzzlite

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"sync"
	"time"
)

// Generated ids: 26 characters of 0-9a-v that sort by the time of creation. 48 bits are the ms since 1970, 80 are
// random; within one millisecond, and should the clock step back, the random part counts up from the id before.

var idEncoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// idSource generates the ids of a store.
type idSource struct {
	mu   sync.Mutex // guards last
	last [16]byte   // zero: there was none
}

// next returns an id that sorts after all those before it.
func (s *idSource) next(now time.Time) string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(now.UnixMilli())<<16)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == [16]byte{} || string(id[:6]) > string(s.last[:6]) {
		rand.Read(id[6:])
		id[6] &= 0x7f // room to count up
	} else {
		id = s.last
		for i := len(id) - 1; i >= 0; i-- {
			if id[i]++; id[i] != 0 {
				break
			}
		}
	}
	s.last = id
	return idEncoding.EncodeToString(id[:])
}
