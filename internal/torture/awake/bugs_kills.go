package awake

// killsBugs are those that a killed process is enough to find.
var killsBugs = []bug{
	{
		Name: "acknowledge before the commit", file: "commit.go",
		edits: []string{
			"	if maybe, err := e.commit(tx, t.redo); maybe {\n",
			`	for _, c := range group[1:] {
		c.done = true
		c.wake <- struct{}{}
	}
	if maybe, err := e.commit(tx, t.redo); maybe {
`,
		},
		Harness: "kills", count: 400,
	},
	{
		Name: "publish before the commit", file: "commit.go",
		edits: []string{"	if maybe, err := e.commit(tx, t.redo); maybe {\n", `	s.feed.publish(t)
	if maybe, err := e.commit(tx, t.redo); maybe {
`},
		Harness: "kills", count: 400,
	},
	{
		Name: "replace does not count the version", file: "apply.go",
		edits: []string{
			"	r.version = nextVersion(last)\n",
			`	r.version = nextVersion(last)
	if p.verb == verbReplace {
		r.version = last
	}
`,
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "no tombstone for a deleted document", file: "txn.go",
		edits: []string{
			"	return errors.Join(tr.b.Put(key, tomb), tr.b.Put(expiryKey(deleted, id), []byte{}))\n",
			"	return tr.b.Put(expiryKey(deleted, id), []byte{})\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "deletions are not in the change feed", file: "apply.go",
		edits: []string{
			"		feed.add(s.op, s.id, s.version, s.paths)\n",
			`		if s.op != OpDelete {
			feed.add(s.op, s.id, s.version, s.paths)
		}
`,
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "the first block of a full tail is forgotten", file: "feed.go",
		edits: []string{
			"	if err := to.appendBlocks(blocks, t.last); err != nil {\n",
			"	if err := to.appendBlocks(blocks[1:], t.last); err != nil {\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "one buffer for all documents of a call", file: "apply.go",
		edits: []string{
			"	buf := make([]byte, room, room+len(doc.body)+len(it.content)+len(it.defaults)+len(it.body))\n",
			"	buf := spare[:room]\n",
			"// retention is Options.TombstoneRetention", `var spare = make([]byte, 0, 64<<10)

// retention is Options.TombstoneRetention`,
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "compaction without the rename", file: "swap_unix.go",
		edits:   []string{"	if err := os.Rename(tmp, s.file); err != nil {\n", "	if err := os.Chmod(tmp, 0o600); err != nil {\n"},
		Harness: "kills", count: 200,
	},
	{
		Name: "compaction without the lock on writers", file: "compact.go",
		edits: []string{
			"	err = s.writer.exclusive(ctx, func() (err error) {\n",
			"	err = func(_ context.Context, f func() error) error { return f() }(ctx, func() (err error) {\n",
		},
		Harness: "kills", count: 200,
	},
	{
		Name: "a failed item writes its neighbours in an atomic call", file: "apply.go",
		edits: []string{
			"	if p.opts.Atomic && len(p.result.Errors) > 0 {\n", "	if p.opts.Atomic && len(p.result.Errors) > 1 {\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "IfVersion 0 takes a document that is there", file: "version.go",
		edits: []string{
			"	case want == nil || *want == have:\n", "	case want == nil || *want == have || *want == 0:\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "the number of documents is not kept", file: "txn.go",
		edits:   []string{"		if tr.documents == tr.counted {\n", "		if tr.documents <= tr.counted {\n"},
		Harness: "kills", count: 100,
	},
}
