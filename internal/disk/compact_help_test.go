package disk

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

// What the tests of Compact share.

// fill writes n keys into bucket m.
func (m model) fill(t testing.TB, e *Engine, n int) {
	t.Helper()
	for i := 0; i < n; i += 500 {
		m.write(t, e, func(b *edit) {
			b.ensure("m")
			for k := i; k < min(n, i+500); k++ {
				b.put("m", fmt.Sprintf("key%06d", k), fmt.Sprint(k, strings.Repeat("x", 300)))
			}
		})
	}
}

// thin is fill, and then deletes nine of ten.
func (m model) thin(t testing.TB, e *Engine, n int) {
	t.Helper()
	m.fill(t, e, n)
	ok(t, e.checkpointNow())
	m.write(t, e, func(b *edit) {
		for k := range n {
			if k%10 != 0 {
				b.delete("m", fmt.Sprintf("key%06d", k))
			}
		}
	})
	ok(t, e.checkpointNow())
}

// compact compacts the store, and looks whether the new file says of the log what the engine knows.
func compact(t testing.TB, e *Engine) {
	t.Helper()
	var before, after int64
	within(t, "Compact", func() {
		var err error
		before, after, err = e.Compact(ctx, nil)
		ok(t, err)
	})
	if after >= before {
		t.Errorf("the file had %d bytes and has %d", before, after)
	}
	if info, err := os.Stat(e.path); err != nil || info.Size() != after {
		t.Errorf("the file has %d bytes, Compact says %d: %v", info.Size(), after, err)
	}
	knows(t, e)
}

// knows fails the test unless the file says of the log what the engine knows.
func knows(t testing.TB, e *Engine) {
	t.Helper()
	e.writing.Lock()
	defer e.writing.Unlock()
	tx, err := e.base.begin(false)
	ok(t, err)
	defer e.base.end(tx)
	if got := tx.Bucket(bucketEngine).Get(keyLog); !bytes.Equal(got, e.state.encode()) {
		in, _ := decodeLogState(got)
		t.Errorf("the file says of the log %+v, the engine knows %+v", in, e.state)
	}
	if got := tx.Bucket(bucketEngine).Get(keyID); !bytes.Equal(got, e.id[:]) {
		t.Errorf("the file has the id %x, the engine %x", got, e.id)
	}
}

func fileOf(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	ok(t, err)
	return info
}
