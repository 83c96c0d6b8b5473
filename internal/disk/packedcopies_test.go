package disk

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/pack"
)

// Packed keys, in whatever is done to the file: see TestCompactMirrors, too.

// packed makes the keys of models packed ones, in all buckets.
func packed(o *Options) {
	o.Packing = func([]byte) *pack.Rule { return &pack.Rule{First: 'k', Group: 1} }
}

// Slices that are cut anywhere, buckets that are dropped between others, recoveries, and each kind of copy, taken while
// there are changes that are not in the file.
func TestPacked(t *testing.T) {
	tune(t, Tuning{SliceBytes: 2000, InTurn: true})
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 8))
		e := open(t, filepath.Join(inMemory(t), "test.db"), packed)
		m := newModel()
		write := func(what string) {
			for i := range 1 + rng.IntN(3) {
				m.write(t, e, func(b *edit) { b.random(rng, 150, fmt.Sprint(what, ".", i)) })
			}
		}
		for round := range 6 {
			write(fmt.Sprint("before the checkpoint ", round))
			ok(t, e.checkpointNow())
			equal(t, "after a checkpoint", state(t, e), m.String())
			write(fmt.Sprint("behind it ", round))
			for how, copied := range copiesOf(t, e) {
				equal(t, how, state(t, open(t, copied, packed)), m.String())
			}
		}
		ok(t, e.Close())
		sound(t, e.path)
		equal(t, "reopened", state(t, open(t, e.path, packed)), m.String())
	}
}

// copiesOf makes one of each kind.
func copiesOf(t *testing.T, e *Engine) map[string]string {
	t.Helper()
	dir := inMemory(t)
	backup, export := filepath.Join(dir, "backup.db"), filepath.Join(dir, "export.db")
	_, err := e.BackupFile(ctx, backup, nil)
	ok(t, err)
	v, err := e.Read(ctx)
	ok(t, err)
	defer v.Release()
	_, err = Export(ctx, v, export, options(packed), nil)
	ok(t, err)
	return map[string]string{"a backup": backup, "an export": export, "as if killed": copyAsKilled(t, e)}
}
