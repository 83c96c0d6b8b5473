// Package pack keeps many small keys in few large ones: blocks of neighbouring keys with their values, in which a key
// leaves out what it shares with the one before. The entries of field indexes are such keys. They differ little from
// their neighbours, have small values or none, and each would take some 40 bytes of a page for itself.
//
// Packed keys lie in a bucket beside keys that are not packed. A [Rule] says which they are. A [Bucket] shows a bucket
// with blocks as if each key stood for itself, and a [Writer] changes single keys in blocks.
package pack

import "bytes"

// Rule says which keys of a bucket are packed: those that begin with First, are longer than Group bytes, and do not have
// the byte 255 behind these. A key that has nothing but that behind Group bytes is in no bucket: it belongs to a block.
type Rule struct {
	First byte // below 255
	Group int  // all keys of a block begin with the same Group bytes; at least one
}

// Packs says whether a key is packed. Of no rule, nil, no key is.
func (r *Rule) Packs(key []byte) bool {
	return r != nil && len(key) > r.Group && key[0] == r.First && key[r.Group] != 0xff
}

// packsAll says whether all keys that begin with a prefix are packed.
func (r *Rule) packsAll(prefix []byte) bool {
	return r.Packs(prefix) || r != nil && len(prefix) == r.Group && prefix[0] == r.First
}

// A block is stored under its bound: all its keys are not above the bound, and above that of the block before in the
// group. The first block of a group has a bound above all keys that may come, see last; others are divided off in front of
// it. If all keys of that block are deleted it is gone, until there is a key above all bounds again. So the place of a key is found
// by a seek forward, also in a transaction in which pages were emptied, where cursors of bbolt lead nowhere backward.

// last returns the bound of the last block of the group of a packed key.
func (r *Rule) last(key []byte) []byte { return append(bytes.Clone(key[:r.Group]), 0xff) }

// IsLast says whether a stored key is the bound of the last block of a group.
func (r *Rule) IsLast(key []byte) bool {
	return r != nil && len(key) == r.Group+1 && key[0] == r.First && key[r.Group] == 0xff
}

// IsBlock says whether a stored key is the bound of a block.
func (r *Rule) IsBlock(key []byte) bool { return r.Packs(key) || r.IsLast(key) }

// together says whether two keys are of one group.
func (r *Rule) together(a, b []byte) bool { return bytes.Equal(a[:r.Group], b[:r.Group]) }
