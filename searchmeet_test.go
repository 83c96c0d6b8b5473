package kuzzlite

import (
	"bytes"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// What an entry says has a number of its own, which tells it from all others, or none if it is too large for that.
func TestBriefEntries(t *testing.T) {
	positions := func(n int) []byte { return append([]byte{0}, bytes.Repeat([]byte{1}, n-1)...) }
	seen := map[uint64]int{}
	for i, one := range []struct {
		list  int
		value []byte
		fits  bool
	}{
		{0, append([]byte{1}, positions(1)...), true},
		{1, append([]byte{1}, positions(1)...), true},
		{63, append([]byte{127}, positions(1)...), true},
		{63, append([]byte{127}, positions(2)...), true},
		{0, append([]byte{0x80, 1}, positions(1)...), true}, // 128 words
		{0, append([]byte{0xff, 0x7f}, positions(1)...), true},
		{63, append([]byte{0xff, 0x7f}, positions(4095)...), true},
		{0, append([]byte{0xff, 0x7f}, positions(4096)...), false},
		{0, append([]byte{0x80, 0x80, 1}, positions(1)...), false}, // 16,384 words
		{0, []byte{0, 1}, false},
		{0, []byte{1}, false},
		{0, []byte{1, 0x80}, false},
		{0, nil, false},
	} {
		l := &wordList{number: one.list, ahead: &kv.Portion{}}
		l.ahead.Add([]byte("id"), one.value)
		brief := l.brief(0)
		if before, again := seen[brief]; again && one.fits || (brief > 0) != one.fits || brief > 1<<32-1 {
			t.Errorf("entry %d is %#x, as entry %d is", i, brief, before)
		}
		seen[brief] = i
	}
}
