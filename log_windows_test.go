package kuzzlite

import (
	"io/fs"
	"os"
	"testing"
)

// A log that somebody else has open when it is ended cannot be removed. Writes fail as long as that lasts, and go on
// then.
func TestLogHeldByAnotherProgram(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	indexer, err := os.Open(f.path + "-log")
	f.ok(err)
	_, err = f.s.Compact(ctx)
	f.ok(err)
	_, err = f.col().CreateOrReplace(ctx, "b", raw(`{}`), nil)
	f.is("write", err, fs.ErrExist)
	f.ok(indexer.Close())
	f.put("b", `{}`)
	f.holds("a v1 {}", "b v1 {}")
}
