package kuzzlite

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// What consumers hold back of the change feed: their places as they are stored, and the first change that must stay.

// keyConsumer begins the keys of consumers in "#store", followed by the name.
var keyConsumer = []byte("consumer/")

// consumerPlace is what is stored of a consumer.
type consumerPlace struct {
	sequence, maxLag uint64
	refuses          bool // ConsumerOptions.Refuse
}

func consumerKey(name string) []byte { return append(bytes.Clone(keyConsumer), name...) }

// encode returns the value under a key: CRC-32C (4 bytes, big endian) of the key and of what follows, sequence and
// maxLag (8 bytes each, big endian), and a byte that is 1 if the consumer refuses writes; it is absent otherwise.
func (p consumerPlace) encode(key []byte) []byte {
	v := binary.BigEndian.AppendUint64(make([]byte, checksumSize, checksumSize+16), p.sequence)
	v = binary.BigEndian.AppendUint64(v, p.maxLag)
	if p.refuses {
		v = append(v, 1)
	}
	seal(key, v)
	return v
}

// decodePlace reads what encode wrote.
func decodePlace(key, v []byte) (consumerPlace, error) {
	const fixed = checksumSize + 16
	if len(v) < fixed || !sealed(key, v) || len(v) > fixed && (len(v) > fixed+1 || v[fixed] != 1) {
		return consumerPlace{}, fmt.Errorf("%w: the place of the consumer in the change feed is damaged", ErrCorrupt)
	}
	sequence, maxLag := binary.BigEndian.Uint64(v[checksumSize:]), binary.BigEndian.Uint64(v[checksumSize+8:])
	return consumerPlace{sequence, maxLag, len(v) > fixed}, nil
}

// eachConsumer calls fn with all consumers, until fn fails.
func eachConsumer(v kv.View, fn func(name string, p consumerPlace, err error) error) (err error) {
	scanErr := v.Scan(bucketStore, keyConsumer, false, func(key, value []byte) bool {
		name, ok := bytes.CutPrefix(key, keyConsumer)
		if ok {
			p, damage := decodePlace(key, value)
			err = fn(string(name), p, damage)
		}
		return ok && err == nil
	})
	return cmp.Or(err, scanErr)
}

// holds are the places of all consumers as they are staged; nil: they must be read. A turn to write may set them; if
// its batch is not appended it must forget them.
type holds struct {
	places atomic.Pointer[[]consumerPlace]
}

func (h *holds) forget() { h.places.Store(nil) }

// heldBack returns the first sequence that consumers hold back. One that is damaged holds back nothing. The error is
// ErrConsumerBehind if one of them refuses what the call writes.
func (t *txn) heldBack() (first uint64, err error) {
	places := t.store.holds.places.Load()
	if places == nil {
		if err := t.catchUp(); err != nil {
			return 0, err
		}
		places = new([]consumerPlace)
		err = eachConsumer(t.view, func(_ string, p consumerPlace, damage error) error {
			if damage == nil {
				*places = append(*places, p)
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		if !t.movesHolds { // or, if this call fails, others would go by what it has not written
			t.store.holds.places.Store(places)
		}
	}
	first = t.feed.last + 1
	for _, p := range *places {
		if p.refuses {
			lag := t.feed.last - min(t.feed.last, p.sequence)
			if t.concerns && lag > p.maxLag {
				return 0, fmt.Errorf("%w, nothing was written: it would have %d changes to acknowledge, and may have %d",
					ErrConsumerBehind, lag, p.maxLag)
			}
			first = min(first, p.sequence+1)
			continue
		}
		first = min(first, max(p.sequence, t.feed.last-min(t.feed.last, p.maxLag))+1)
	}
	return first, nil
}

// blockBefore returns where the block begins that has a sequence: one of this call, or one that the feed has.
func (t *txn) blockBefore(sequence uint64) (uint64, error) {
	own, found := slices.BinarySearchFunc(t.blocks, sequence, func(b block, sequence uint64) int {
		return cmp.Compare(b.first, sequence)
	})
	switch {
	case found:
		return sequence, nil
	case own > 0:
		return t.blocks[own-1].first, nil
	}
	key, err := blockOf(t.view, sequence)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(key), nil
}
