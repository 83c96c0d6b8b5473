package awake

// killsBugs are those that a killed process is enough to find.
var killsBugs = []bug{
	{
		Name: "who does not sync returns before the sync", file: "internal/disk/journal.go",
		edits: []string{
			"			next.over.Wait()\n",
			"			return nil\n",
		},
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
		Name: "no tombstone for a deleted document", file: "tombstone.go",
		edits: []string{
			"	t.batch.Put(bucket, key, value)\n	t.batch.Put(bucket, removalKey(",
			"	t.batch.Put(bucket, removalKey(",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "no tombstone for a document that has expired", file: "expire.go",
		edits: []string{
			"		if t.store.opts.retention() >= 0 {\n			t.bury(",
			"		if t.store.opts.retention() < 0 {\n			t.bury(",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "a call goes on with what has expired", file: "stored.go",
		edits: []string{
			"		if !due(expires, now) {\n			continue\n		}\n		r, err :=",
			"		if due(expires, now) {\n			continue\n		}\n		r, err :=",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "an update takes back when a document expires", file: "apply.go",
		edits: []string{
			"	case p.verb.merges() || p.verb == verbDeleteFields:\n		return doc.expires\n",
			"	case p.verb == verbDeleteFields:\n		return doc.expires\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "deletions are not in the change feed", file: "fill.go",
		edits: []string{
			"		if s := &p.staged[i]; s.isWritten() {\n",
			"		if s := &p.staged[i]; s.isWritten() && s.op != OpDelete {\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "one buffer for all documents of a call", file: "apply.go",
		edits: []string{
			"	buf := make([]byte, room+len(body))\n",
			"	buf := spare[:room+len(body)]\n",
			"// retention is Options.TombstoneRetention", `var spare = make([]byte, 0, 64<<10)

// retention is Options.TombstoneRetention`,
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "a failed item writes its neighbours in an atomic call", file: "apply.go",
		edits: []string{
			"	if p.opts.Atomic && len(p.result.Errors) > 0 {\n", "	if p.opts.Atomic && len(p.result.Errors) > 1 {\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "IfAbsent takes a document that is there", file: "version.go",
		edits: []string{
			"	case c.absent && have != 0:\n", "	case c.absent && have != 0 && c.version != 0:\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "the number of documents does not shrink", file: "fill.go",
		edits:   []string{"	if more == 0 {\n", "	if more <= 0 {\n"},
		Harness: "kills", count: 100,
	},
	{
		Name: "the memory of a batch is used again while the overlay has it", file: "internal/disk/stage.go",
		edits: []string{
			"	encoded := b.Encoded()\n",
			"	encoded := append(reused[:0], b.Encoded()...)\n	reused = encoded\n",
			"// check says whether", "var reused []byte\n\n// check says whether",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "compaction without the rename", file: "internal/disk/compact.go",
		edits: []string{
			"	if err := osfile.Rename(tmp, e.path); err != nil {\n",
			"	if err := os.Chmod(tmp, 0o600); err != nil {\n",
		},
		Harness: "kills", count: 200,
	},
	{
		Name: "Compact loses what is checkpointed meanwhile", file: "internal/disk/target.go",
		edits:   []string{"	t.mirror.put(key, value)\n", ""},
		Harness: "kills", count: 400,
	},
	{
		Name: "Compact keeps what a checkpoint deletes meanwhile", file: "internal/disk/target.go",
		edits:   []string{"	t.mirror.delete(key)\n", ""},
		Harness: "kills", count: 600,
	},
	{
		Name: "Compact keeps a bucket that a checkpoint drops meanwhile", file: "internal/disk/target.go",
		edits:   []string{"	t.mirror.drop(name)\n", ""},
		Harness: "kills", count: 600,
	},
	{
		Name: "a dropped bucket shines through from below", file: "internal/kv/overlay.go",
		edits: []string{
			"	empty := &Changes{Hides: true, ",
			"	empty := &Changes{Hides: o.bottom, ",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "a bucket that comes back is not dropped in the file", file: "internal/disk/slices.go",
		edits: []string{
			"	if c.Hides {\n",
			"	if c.Hides && !c.Exists {\n",
		},
		Harness: "kills", count: 200,
	},
	{
		Name: "a bucket is dropped again with each slice", file: "internal/disk/slices.go",
		edits: []string{
			"	puts int ", "	hides bool\n	puts int ",
			"	w.name = name\n", "	w.name, w.hides = name, c.Hides\n",
			"	w.t = t\n	return t.enter(w.name)\n",
			`	w.t = t
	if w.hides {
		if err := t.drop(w.name); err != nil {
			return err
		}
	}
	return t.enter(w.name)
`,
		},
		Harness: "kills", count: 300,
	},
	{
		Name: "a tombstone is not carried to the file", file: "internal/disk/slices.go",
		edits: []string{
			"			if err = w.t.delete(key); err == nil {\n",
			"			if err == nil {\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "the first slice says that all of the log is in the file", file: "internal/disk/slices.go",
		edits: []string{
			"		next.applying = s.g.end\n		if err",
			"		next.advance(s.g.end, s.g.since)\n		if err",
		},
		Harness: "kills", count: 300,
	},
	{
		Name: "a segment goes before the file contains it", file: "internal/disk/checkpoint.go",
		edits: []string{
			"		err := e.writeGeneration(g, false)\n",
			"		_ = e.segments.free(g.logs, false)\n		g.logs = nil\n		err := e.writeGeneration(g, false)\n",
		},
		Harness: "kills", count: 300,
	},
	{
		Name: "a segment is used again before the file contains it", file: "internal/disk/freeze.go",
		edits: []string{
			"	next, err := e.newGeneration(end, fresh)\n",
			"	_ = e.segments.free([]*handle{g.log}, true)\n	next, err := e.newGeneration(end, fresh)\n",
		},
		Harness: "kills", count: 300,
	},
	{
		Name: "what is frozen is what was published", file: "internal/disk/freeze.go",
		edits: []string{
			"	if err := e.journal.sync(); err != nil {\n		return e.fail(err)\n	}\n", "",
			"g.next = e.journal.versionOf(g.overlay), end", "g.next = e.published.Load(), end",
		},
		Harness: "kills", count: 300,
	},
	{
		Name: "the last record of the log is not replayed", file: "internal/disk/recover.go",
		edits: []string{
			"range f.contents.Records {",
			"range f.contents.Records[:max(0, len(f.contents.Records)-1)] {",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "of several segments the last one is replayed", file: "internal/disk/recover.go",
		edits: []string{
			"	for _, f := range op.log.chain {\n		for i",
			"	for _, f := range op.log.chain {\n		op.log.kv = kv.NewOverlay()\n		for i",
		},
		Harness: "kills", count: 600,
	},
	{
		Name: "Close without the last checkpoint", file: "internal/disk/engine.go",
		edits: []string{
			"		if err := e.writeGeneration(g, g == e.active); err != nil {\n",
			"		if err := error(nil); err != nil {\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "a store is created in place", file: "internal/disk/create.go",
		edits: []string{
			"	if err := fill(tmp, o); err != nil {\n",
			"	if err := errors.Join(os.Rename(tmp, path), fill(path, o), os.Link(path, tmp)); err != nil {\n",
		},
		Harness: "kills", count: 600,
	},
}
