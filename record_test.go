package kuzzlite

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// encoded is a sealed record.
func encoded(key []byte, r record) []byte {
	b := append(appendRecordHeader(nil, &r), r.body...)
	seal(key, b)
	return b
}

var sampleRecords = []record{
	{kind: kindDocument, version: 1, sequence: 1, created: epoch, updated: epoch, body: []byte(`{}`)},
	{kind: kindDocument, version: 300, sequence: 1 << 40, created: epoch, updated: epoch + 5, body: []byte(`{"a":"é"}`)},
	{kind: kindDocument, version: math.MaxUint64, sequence: math.MaxUint64, created: 0, updated: -1, body: []byte(`{"a":1}`)},
	{kind: kindDocument, version: 1, sequence: 1, created: math.MinInt64, updated: math.MaxInt64, body: []byte(`{}`)},
	{kind: kindTombstone, version: 7, sequence: 9, created: epoch, updated: epoch},
}

func TestRecordRoundTrip(t *testing.T) {
	for _, r := range sampleRecords {
		for _, id := range []string{"a", strings.Repeat("x", maxIDLength), "\x00", "é"} {
			key := documentKey(id)
			got, err := decodeRecord(key, encoded(key, r))
			if err != nil {
				t.Errorf("%+v: %v", r, err)
			}
			if len(got.body) == 0 {
				got.body = nil
			}
			if diff := cmp.Diff(r, got, cmp.AllowUnexported(record{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	}
}

// The bytes on disk, as docs/format.md has them.
func TestRecordBytes(t *testing.T) {
	for _, tt := range []struct {
		key  []byte
		r    record
		want string
	}{
		{documentKey("c1"), record{kind: kindDocument, version: 300, sequence: 7, created: 1000, updated: 998, body: []byte(`{"n":1}`)},
			"9b0e530f" + "01" + "ac02" + "07" + "d00f" + "03" + hex.EncodeToString([]byte(`{"n":1}`))},
		{tombstoneKey("c1"), record{kind: kindTombstone, version: 2, sequence: 3, created: 1, updated: 1},
			"694c2789" + "02" + "02" + "03" + "02" + "00"},
	} {
		if got := hex.EncodeToString(encoded(tt.key, tt.r)); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.key, got, tt.want)
		}
	}
	for got, want := range map[string]string{
		string(documentKey("id")): "did", string(tombstoneKey("id")): "tid",
		string(timeKey('x', 0x0102030405060708, "id")): "x\x01\x02\x03\x04\x05\x06\x07\x08id",
		string(sequenceKey(258)):                       "\x00\x00\x00\x00\x00\x00\x01\x02",
	} {
		if got != want {
			t.Errorf("key %q, want %q", got, want)
		}
	}
}

// Any bit that changes, any other length, and any other key is noticed.
func TestRecordDamage(t *testing.T) {
	for _, r := range sampleRecords {
		key := documentKey("c1")
		whole := encoded(key, r)
		refused := func(what string, key, b []byte) {
			if got, err := decodeRecord(key, b); !errors.Is(err, ErrCorrupt) || got.body != nil {
				t.Errorf("%s: %+v, %v", what, got, err)
			}
		}
		for i := range len(whole) * 8 {
			b := bytes.Clone(whole)
			b[i/8] ^= 1 << (i % 8)
			refused(fmt.Sprintf("bit %d", i), key, b)
		}
		for n := range len(whole) {
			refused(fmt.Sprintf("cut to %d bytes", n), key, whole[:n])
		}
		refused("a byte more", key, append(bytes.Clone(whole), 0))
		refused("nothing", key, nil)
		refused("zeros", key, make([]byte, 64))
		for _, other := range [][]byte{documentKey("c2"), tombstoneKey("c1"), documentKey("c11"), documentKey(""), nil} {
			refused(fmt.Sprintf("key %q", other), other, whole)
		}
	}
}

// What has the right checksum, but is no record.
func TestRecordSealedNonsense(t *testing.T) {
	key := documentKey("a")
	for _, content := range []string{
		"", "\x00", "\x03\x01\x01\x00\x00{}", "\x01", "\x01\x01", "\x01\x01\x01", "\x01\x01\x01\x00",
		"\x01" + strings.Repeat("\xff", 11) + "\x01\x00\x00{}", "\x02\x80",
	} {
		b := append(make([]byte, checksumSize), content...)
		seal(key, b)
		if r, err := decodeRecord(key, b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %+v, %v", content, r, err)
		}
	}
}

// Tombstones are in the order of their times, and those before 1970 do not come first, which costs nothing but space.
func TestTimeKeyOrder(t *testing.T) {
	times := []int64{0, 1, 255, 256, epoch, epoch + 1, math.MaxInt64}
	var keys []string
	for _, at := range times {
		for _, id := range []string{"", "a", "b", "\xff"} {
			keys = append(keys, string(timeKey('x', at, id)))
			if got, gotID, ok := splitTimeKey('x', timeKey('x', at, id)); got != at || gotID != id || !ok {
				t.Errorf("%d %q: %d %q %v", at, id, got, gotID, ok)
			}
		}
	}
	if !slices.IsSorted(keys) {
		t.Error("not in order")
	}
	for _, key := range []string{"", "x", "x1234567", "d12345678id", "\x0012345678"} {
		if _, _, ok := splitTimeKey('x', []byte(key)); ok {
			t.Errorf("%q was taken for one", key)
		}
	}
}

// recorded is what a call that makes these changes puts into the feed.
func recorded(first uint64, head blockHead, changes ...Change) []block {
	r := recorder{t: &txn{store: &Store{core: &core{}}, feed: bounds{last: first - 1}}, head: head}
	for _, c := range changes {
		r.add(c.Op, c.ID, c.Version, c.Paths)
	}
	r.close()
	return r.t.blocks
}

func TestBlockRoundTrip(t *testing.T) {
	head := blockHead{
		time: epoch, silent: true, served: true, localOnly: true, index: "i", collection: "c", user: "somebody",
		origin: "elsewhere",
	}
	var want []Change
	for n := range 500 {
		want = append(want, Change{
			Sequence: uint64(1000 + n), Time: fromMillis(epoch), Index: "i", Collection: "c", User: "somebody", Silent: true, Served: true,
			LocalOnly: true, Origin: "elsewhere",
			Op: Op(1 + n%9), ID: fmt.Sprint(n), Version: uint64(n), Paths: strings.Fields(strings.Repeat("a.b ", n%4)),
		})
		if n%4 == 0 {
			want[n].Paths = nil
		}
	}
	blocks := recorded(1000, head, want...)
	if len(blocks) < 3 {
		t.Errorf("%d blocks", len(blocks))
	}
	var got []Change
	for i, b := range blocks {
		if len(b.bytes) > blockTarget+200 || i < len(blocks)-1 && len(b.bytes) < blockTarget {
			t.Errorf("block %d has %d bytes", i, len(b.bytes))
		}
		var err error
		if got, err = decodeBlock(got, b.key(), b.bytes, 0); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	since, err := decodeBlock(nil, blocks[0].key(), blocks[0].bytes, 1002)
	if err != nil || len(since) == 0 || since[0].Sequence != 1003 {
		t.Errorf("since 1002: %+v, %v", since, err)
	}
}

func TestBlockDamage(t *testing.T) {
	b := recorded(7, blockHead{time: epoch, index: "i", collection: "c"},
		Change{Op: OpUpdate, ID: "a", Version: 3, Paths: []string{"x", "y.z"}}, Change{Op: OpDelete, ID: "b", Version: 9})[0]
	refused := func(what string, key, b []byte) {
		if got, err := decodeBlock(nil, key, b, 0); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	for i := range len(b.bytes) * 8 {
		d := bytes.Clone(b.bytes)
		d[i/8] ^= 1 << (i % 8)
		refused(fmt.Sprintf("bit %d", i), b.key(), d)
	}
	for n := range len(b.bytes) {
		refused(fmt.Sprintf("cut to %d bytes", n), b.key(), b.bytes[:n])
		cut := bytes.Clone(b.bytes[:n])
		if n >= checksumSize {
			seal(b.key(), cut)
			refused(fmt.Sprintf("cut to %d bytes, and sealed", n), b.key(), cut)
		}
	}
	more := append(bytes.Clone(b.bytes), 0)
	seal(b.key(), more)
	refused("a byte more, and sealed", b.key(), more)
	refused("another key", sequenceKey(8), b.bytes)
	refused("a short key", b.key()[:7], b.bytes)
	other := bytes.Clone(b.bytes)
	other[checksumSize]++
	seal(b.key(), other)
	refused("another format", b.key(), other)
	// Counts that promise more than there is must not be believed.
	huge := append(make([]byte, checksumSize), blockFormat, 0, 0, 0, 0, 0)
	huge = binary.AppendUvarint(huge, math.MaxUint64)
	seal(b.key(), huge)
	refused("a huge count", b.key(), huge)
}
