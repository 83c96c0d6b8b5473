package kuzzlite

import (
	"os"
	"testing"
)

// While a file is replaced nobody else can open the store, though the file is not locked.
func TestOpenDuringSwap(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	f.ok(f.s.Close())
	lower, err := raiseSwapMark(f.path)
	f.ok(err)
	for _, readOnly := range []bool{false, true} {
		_, err = Open(f.path, &Options{ReadOnly: readOnly})
		f.is("Open", err, ErrLocked)
	}
	lower()
	if _, err := os.Stat(swapMark(f.path)); !os.IsNotExist(err) {
		t.Errorf("the mark is left: %v", err)
	}
	f.ok(os.WriteFile(swapMark(f.path), nil, 0o600)) // as a power cut may leave it
	f.s = f.reopened(nil)
	f.equal("a", f.get("a"), "v1 {}")
	_, err = f.s.Compact(ctx)
	f.ok(err)
}
