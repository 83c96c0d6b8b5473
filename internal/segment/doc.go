// Package segment keeps one generation of the write-ahead log in one file: records that are durable, in their order,
// before what they describe is written elsewhere.
//
// A [Segment] is written: [Segment.Reserve] finds room on the disk, [Segment.Append] adds a record in memory,
// [Segment.Flush] hands to the system what was appended, and [Segment.Sync] makes it durable. Once the generation is
// no longer needed, [Segment.Recycle] begins another one in the same file. [Read] reads a segment that was left behind:
// nothing is ever appended to that generation again.
//
// # The file
//
// All numbers are big endian. The header is written twice, at byte 0 and at byte 4096, so that one bad sector, of 4 KiB
// even, does not lose a generation. Records begin at byte 8192, each at a multiple of 512 bytes with zeros in between,
// so that a torn sector never holds parts of two records. Behind the records there is anything: zeros, or what earlier
// generations have left. The file has 8192 bytes before its first record, and then a multiple of 256 KiB: it grows by
// such steps, in one go each, so that a file that was cut off later is noticed.
//
//	header   magic "kuzzseg\x03" (8 bytes), CRC-32C of what follows (4), id of the store (16), generation (8), nonce (8),
//	         parent: nonce (8), number of its records (8), checksum of its last record (4)
//	record   CRC-32C of what follows (4), checksum of the record before (4), nonce of the segment (8), number (8),
//	         synced (8), length of the payload (4), payload
//
// The nonce is random, and no other generation has the same. The parent is the generation that this one continues.
// The first record names, as the checksum of the record before, a value that is derived from the nonce; a parent
// without records is named by that value, too. Records are numbered from 1. Synced is how many records of the
// segment were durable when the record was appended.
//
// # What a crash leaves
//
// The header is durable before the first record of its generation is handed to the system. So a crash in [Create]
// leaves a file without records, and one in [Segment.Recycle] the records of the generation before, under its header,
// the new one, or none. Records of a generation that is still needed without a header above them are damage.
//
// Each record names its segment's nonce, its own number and the checksum of the record before. So what lies behind
// the end cannot continue the log, whatever it is: records of an earlier generation, or a record that arrived
// although the one before it did not.
//
// The log ends before the first record that is not whole. If a later record says that the missing record was
// durable, the missing record was not torn by a crash: it was damaged, and [Contents.Damage] says so. The last
// record is different. A last record that is damaged looks like one that was never written to the end, and is left
// out. To notice that takes the next segment, whose header says how many records this one had.
//
// The last 4 KiB that were written may be written again, with the same bytes and more behind them. Sectors of 512
// bytes that are written again with the same bytes are taken to be safe.
package segment
