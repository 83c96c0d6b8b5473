package awake

// blocksBugs are of the blocks in which the file keeps entries of field indexes.
var blocksBugs = []bug{
	{
		Name: "blocks: a key that is deleted stays in its block", file: "internal/pack/writer.go",
		edits: []string{
			"	if w.isNext(key) {\n		w.restAt++\n		w.changed = true\n", "	if w.isNext(key) {\n		w.changed = true\n",
		},
		Harness: "tests", count: 1, tests: "internal/pack ^TestModel$",
	},
	{
		Name: "blocks: what is written before the end of a block has the bound of the block", file: "internal/pack/writer.go",
		edits:   []string{"w.out.take(w.out.part(false), nil)", "w.out.take(w.out.part(false), w.bound)"},
		Harness: "tests", count: 1, tests: "internal/pack ^TestModel$",
	},
	{
		Name: "blocks: a block stays where its keys are joined to the next one", file: "internal/pack/writer.go",
		edits:   []string{"	return w.to.Delete(old)\n", "	_ = old\n	return nil\n"},
		Harness: "tests", count: 1, tests: "internal/pack ^TestModel$",
	},
	{
		Name: "blocks: a block stays where its keys are carried into the next one", file: "internal/pack/writer.go",
		edits:   []string{"	return true, w.deleteStored()\n", "	return true, nil\n"},
		Harness: "tests", count: 1, tests: "internal/pack ^TestModel$",
	},
	{
		Name: "blocks: keys are carried into a block that is not written", file: "internal/pack/writer.go",
		edits:   []string{"	w.busy, w.changed = true, carry\n", "	w.busy, w.changed = true, false\n"},
		Harness: "tests", count: 1, tests: "internal/pack ^TestModel$",
	},
	{
		Name: "blocks: a block gets keys above its bound", file: "internal/pack/writer.go",
		edits: []string{
			" && w.rule.together(w.last, key) && bytes.Compare(key, w.bound) <= 0\n", " && w.rule.together(w.last, key)\n",
		},
		Harness: "tests", count: 1, tests: "internal/pack ^TestModel$",
	},
	{
		Name: "blocks: keys of two field indexes share a block", file: "internal/pack/writer.go",
		edits: []string{
			" || !w.rule.together(bound, key) {\n		return w.rule.last(key), nil\n",
			" {\n		return w.rule.last(key), nil\n",
		},
		Harness: "tests", count: 1, tests: "internal/pack ^TestGroups$",
	},
	{
		Name: "blocks: a key that is new takes the place of the next one", file: "internal/pack/writer.go",
		edits:   []string{"bytes.Equal(w.rest.key(w.restAt), key)", "bytes.Compare(w.rest.key(w.restAt), key) >= 0"},
		Harness: "tests", count: 1, tests: "internal/pack ^TestModel$",
	},
	{
		Name: "blocks: the checksum is not looked at", file: "internal/pack/block.go",
		edits:   []string{" || binary.BigEndian.Uint32(block) != sum(bound, block[sumSize:]) {", " {"},
		Harness: "tests", count: 1, tests: "internal/pack ^TestDamage$",
	},
	{
		Name: "blocks: the checksum does not cover the bound", file: "internal/pack/block.go",
		edits:   []string{"crc32.Update(crc32.Checksum(bound, castagnoli), castagnoli, rest)", "crc32.Checksum(rest, castagnoli)"},
		Harness: "tests", count: 1, tests: "internal/pack ^TestWrongPlace$",
	},
	{
		Name: "blocks: keys of a block may lie above its bound", file: "internal/pack/block.go",
		edits:   []string{"	if len(r.rest) > 0 || bytes.Compare(before, bound) > 0 {\n", "	if len(r.rest) > 0 {\n"},
		Harness: "tests", count: 1, tests: "internal/pack ^TestWrongPlace$",
	},
	{
		Name: "blocks: keys of a block may lie below the block in front", file: "internal/pack/cursor.go",
		edits: []string{
			"	if before != nil && behind != nil && bytes.Compare(before, behind) >= 0 {\n",
			"	if before != nil && behind != nil && bytes.Equal(before, behind) {\n",
		},
		Harness: "tests", count: 1, tests: "internal/pack ^TestWrongPlace$",
	},
	{
		Name: "blocks: a range has all keys of the block in which it begins", file: "internal/pack/bucket.go",
		edits:   []string{"		case isIn && !first: //", "		case isIn && (first || !first): //"},
		Harness: "tests", count: 1, tests: "internal/pack ^TestModel$",
	},
	{
		Name: "blocks: a range has all keys of the block in which it ends", file: "internal/pack/bucket.go",
		edits:   []string{"		if bytes.Compare(key, to) >= 0 {\n			return n\n		}\n		if n > 0", "		if n > 0"},
		Harness: "tests", count: 1, tests: "internal/pack ^TestModel$",
	},
	{
		Name: "blocks: a cursor that has left a block goes on there", file: "internal/pack/cursor.go",
		edits: []string{
			"func (c *cursor) atFirst(key, value []byte) (k, v []byte) {\n	if c.inside = c.rule.IsBlock(key); !c.inside {\n",
			"func (c *cursor) atFirst(key, value []byte) (k, v []byte) {\n	if !c.rule.IsBlock(key) {\n",
		},
		Harness: "tests", count: 1, tests: "internal/pack ^TestModel$",
	},
	{
		Name: "blocks: a cursor writes over the keys that it has handed out", file: "internal/pack/cursor.go",
		edits: []string{
			"	c.block.read(bound, block, make([]byte, 0, keysSize(bound, block)))\n",
			"	c.block.read(bound, block, c.block.keys[:0])\n",
		},
		Harness: "tests", count: 1, tests: "internal/pack ^TestKeysStay$",
	},
	{
		Name: "blocks: a slice is committed without what is held back", file: "internal/disk/target.go",
		edits: []string{
			"	if t.packed != nil {\n		if err := t.packed.Flush(); err != nil {\n			return err\n		}\n	}\n", "",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestPacked$",
	},
	{
		Name: "blocks: what is held back is lost where another bucket is dropped", file: "internal/disk/target.go",
		edits: []string{
			"	if err := t.leave(); err != nil {\n		return err\n	}\n	t.bucket, t.cursor, t.packed = nil, nil, nil\n",
			"	t.bucket, t.cursor, t.packed = nil, nil, nil\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestPacked$",
	},
	{
		Name: "blocks: the copy of Compact keeps blocks that go", file: "internal/disk/target.go",
		edits: []string{
			"func (b blocksOf) Delete(key []byte) error     { return b.deleteStored(key) }",
			"func (b blocksOf) Delete(key []byte) error     { return b.bucket.Delete(key) }",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestCompactMirrors$",
	},
	{
		Name: "blocks: the copy of Compact does not get blocks", file: "internal/disk/target.go",
		edits: []string{
			"func (b blocksOf) Put(key, block []byte) error { return b.putStored(key, block) }",
			"func (b blocksOf) Put(key, block []byte) error { return b.bucket.Put(key, block) }",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestCompactMirrors$",
	},
	{
		Name: "blocks: a backup has single keys beside blocks", file: "internal/disk/backup.go",
		edits:   []string{"openPrivate(f.Name(), 0, e.opts.Packing)", "openPrivate(f.Name(), 0, nil)"},
		Harness: "tests", count: 1, tests: "internal/disk ^TestPacked$",
	},
	{
		Name: "blocks: an export has single keys and no blocks", file: "internal/disk/backup.go",
		edits:   []string{"openPrivate(f.Name(), opts.PageSize, opts.Packing)", "openPrivate(f.Name(), opts.PageSize, nil)"},
		Harness: "tests", count: 1, tests: "internal/disk ^TestPacked$",
	},
	{
		Name: "blocks: a portion has keys that lie in a range that was deleted since", file: "internal/kv/portion.go",
		edits:   []string{" && !place.deletesFrom(prefix, from) {", " {"},
		Harness: "tests", count: 1, tests: "internal/disk ^TestPortions$",
	},
	{
		Name: "blocks: a portion has the older of two values", file: "internal/kv/portion.go",
		edits: []string{
			"bytes.Compare(key, changes[next].key) < 0) {", "bytes.Compare(key, changes[next].key) <= 0) {",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestPortions$",
	},
	{
		Name: "blocks: a portion has a key that was changed since", file: "internal/pack/portion.go",
		edits:   []string{"	c.held = order > 0\n", "	c.held = order >= 0\n"},
		Harness: "tests", count: 1, tests: "internal/pack ^TestModel$",
	},
}
