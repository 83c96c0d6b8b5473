// Package wal is a write-ahead log in one file: records that are durable, in their order, before what they describe is
// written elsewhere.
//
// A log has a base, which says what its records build on, and the records since. [Log.Reset] gives it a new base, once all
// that the records describe is safe elsewhere; the records before that are void, and the next ones take their place. So
// the file stays as large as it once was, and a sync writes data only.
//
// The file is, in pages of 4 KiB:
//
//	page 0, page 1   heads; the valid one of the higher generation counts
//	from page 2      records, one behind the other, each in pages of its own; zeros before they are first written
//
// So what is durable shares no page with what is being written, which a power cut may turn into anything.
//
// A head belongs to a generation, which Reset counts up, and is written over that of the generation before the last: a
// crash in the middle of it leaves the last one, of which no record has been written over yet. A record names its
// generation, so that one of an earlier generation is never taken for one of this. All numbers are big endian. A head is
//
//	magic (8 bytes), CRC-32C of the rest (4), length of the base (4), generation (8), salt (8), state (1), base
//
// and a record
//
//	salt (8 bytes), CRC-32C of the rest (4), length of the payload (4), generation (8), number (8), synced (8), payload
//
// The salt is drawn for each file, so that nothing that somebody has stored can look like a record. Records are numbered
// from 1 in each generation. Synced is the number of the newest record that was durable when this one was written:
// where a record is not whole, but a later one says that it was durable, it did not fail to arrive, it was damaged,
// and that is an error. A last record that is not whole was never acknowledged, or was damaged: the two look alike.
package wal
