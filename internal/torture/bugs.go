package main

// bug is a bug to plant: a mistake that somebody could make, and the harness that is there to find it.
type bug struct {
	name    string
	file    string   // from the root of the store's module
	edits   []string // text that is there once, and what takes its place, in turn
	harness string
	count   int // units within which it must be found
}

// bugs are all of them, by the harness that finds them.
var bugs = []bug{
	{
		name: "acknowledge before the commit", file: "commit.go",
		edits: []string{
			"	id := uint64(tx.ID())\n",
			"	for _, c := range group[1:] {\n		c.done = true\n		c.wake <- struct{}{}\n	}\n	id := uint64(tx.ID())\n",
		},
		harness: "kills", count: 400,
	},
	{
		name: "publish before the commit", file: "commit.go",
		edits:   []string{"	id := uint64(tx.ID())\n", "	s.feed.publish(t)\n	id := uint64(tx.ID())\n"},
		harness: "kills", count: 400,
	},
	{
		name: "replace does not count the version", file: "apply.go",
		edits: []string{
			"	r.version = nextVersion(last)\n",
			"	r.version = nextVersion(last)\n	if p.verb == verbReplace {\n		r.version = last\n	}\n",
		},
		harness: "kills", count: 100,
	},
	{
		name: "no tombstone for a deleted document", file: "txn.go",
		edits: []string{
			"	return errors.Join(tr.b.Put(key, tomb), tr.b.Put(expiryKey(deleted, id), []byte{}))\n",
			"	return tr.b.Put(expiryKey(deleted, id), []byte{})\n",
		},
		harness: "kills", count: 100,
	},
	{
		name: "deletions are not in the change feed", file: "apply.go",
		edits: []string{
			"		feed.add(s.op, s.id, s.version, s.paths)\n",
			"		if s.op != OpDelete {\n			feed.add(s.op, s.id, s.version, s.paths)\n		}\n",
		},
		harness: "kills", count: 100,
	},
	{
		name: "the first block of a full tail is forgotten", file: "feed.go",
		edits: []string{
			"	if err := appendBlocks(tx, blocks, t.last); err != nil {\n",
			"	if err := appendBlocks(tx, blocks[1:], t.last); err != nil {\n",
		},
		harness: "kills", count: 100,
	},
	{
		name: "one buffer for all documents of a call", file: "apply.go",
		edits: []string{
			"	buf := make([]byte, 0, 32+len(doc.body)+len(it.content)+len(it.defaults)+len(it.body))\n",
			"	buf := spare[:0]\n",
			"// retention is Options.TombstoneRetention", "var spare = make([]byte, 0, 64<<10)\n\n// retention is Options.TombstoneRetention",
		},
		harness: "kills", count: 100,
	},
	{
		name: "compaction without the rename", file: "swap_unix.go",
		edits:   []string{"	if err := os.Rename(tmp, s.file); err != nil {\n", "	if err := os.Chmod(tmp, 0o600); err != nil {\n"},
		harness: "kills", count: 200,
	},
	{
		name: "compaction without the lock on writers", file: "compact.go",
		edits: []string{
			"	err = s.writer.exclusive(ctx, func() (err error) {\n",
			"	err = func(_ context.Context, f func() error) error { return f() }(ctx, func() (err error) {\n",
		},
		harness: "kills", count: 200,
	},
	{
		name: "a failed item writes its neighbours in an atomic call", file: "apply.go",
		edits: []string{
			"	if p.opts.Atomic && len(p.result.Errors) > 0 {\n", "	if p.opts.Atomic && len(p.result.Errors) > 1 {\n",
		},
		harness: "kills", count: 100,
	},
	{
		name: "IfVersion 0 takes a document that is there", file: "version.go",
		edits: []string{
			"	case want == nil || *want == have:\n", "	case want == nil || *want == have || *want == 0:\n",
		},
		harness: "kills", count: 100,
	},
	{
		name: "the number of documents is not kept", file: "txn.go",
		edits:   []string{"		if tr.documents == tr.counted {\n", "		if tr.documents <= tr.counted {\n"},
		harness: "kills", count: 100,
	},
}
