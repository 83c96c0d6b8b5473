// Package disk is the engine that keeps a store in a bbolt file, with a write-ahead log in front of the file.
//
// Three places hold what was written, the newest first:
//
//   - The overlay is an ordered map in memory with the batches of the current generation. The same batches are records
//     of that generation's segment of the log (package segment).
//   - The frozen overlay is the overlay of the generation before. A checkpoint is writing it into the file.
//   - The base is a bbolt file. Only checkpoints write to it, in ordinary durable bbolt transactions.
//
// A view reads through all three. A batch is appended to the segment, made durable by one fdatasync that all waiting
// batches share, and then published: views that begin later see it. When the overlay has grown to
// [Options.CheckpointSize] it is frozen, a new generation begins in another segment, and a goroutine writes the frozen
// overlay into the base, in slices. Once that is done the frozen overlay is dropped, and its segment is recycled.
//
// # Where to read what
//
//   - open.go: opening from top to bottom; create.go, judge.go, recover.go: its steps
//   - view.go, stage.go: reading and writing; reader.go: read transactions that views share; journal.go: one sync for
//     all who wait
//   - freeze.go, checkpoint.go, slices.go, target.go: from the overlay into the file; places.go: how full pages become
//   - state.go: what the file says of the log; segments.go: the files of the log
//   - base.go: bbolt without its panics and hangs; private.go: the same for a file that is being made
//   - compact.go, backup.go, restore.go, verify.go, stats.go: what they say
//   - lock_*.go, swap_*.go, temporary.go, path.go: the file system
//
// # Locks, in the order in which they are taken
//
//  1. the turn of the one who stages a batch (Engine.turn)
//  2. writing to the base (Engine.writing): a slice, a chunk of Compact
//  3. journal.applying: what the overlay and the log have, together
//  4. journal.mu: what is appended and what is durable; its holder syncs without the lock
//  5. Engine.pair: which overlays belong to which base. A view is taken under the read lock; freezing, dropping the
//     frozen overlay, and swapping the base take the lock.
//  6. base.sharing: the read transaction that views share
package disk
