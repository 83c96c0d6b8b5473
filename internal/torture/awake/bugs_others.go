package awake

// otherBugs are of harnesses that have a few each.
var otherBugs = []bug{
	{
		Name: "a backup has the overlay of a later moment", file: "internal/disk/backup.go",
		edits: []string{
			"[]*kv.Version{v.frozen, v.active}",
			"[]*kv.Version{v.frozen, e.published.Load()}",
		},
		Harness: "backups", count: 100,
	},
	{
		Name: "a backup lacks what is frozen", file: "internal/disk/backup.go",
		edits: []string{
			"[]*kv.Version{v.frozen, v.active}",
			"[]*kv.Version{v.active}",
		},
		Harness: "backups", count: 100,
	},
	{
		Name: "ids are escaped in the change feed", file: "recorder.go",
		edits: []string{
			"import \"encoding/binary\"\n", "import (\n	\"encoding/binary\"\n	\"fmt\"\n)\n",
			"	e = appendString(e, id)\n",
			`	quoted := fmt.Sprintf("%+q", id)
	e = appendString(e, quoted[1:len(quoted)-1])
`,
		},
		Harness: "model", count: 50,
	},
	{
		Name: "the newest sequence goes with the changes that are pruned", file: "prune.go",
		edits: []string{
			"	t.batch.Put(bucketStore, keyFeed, t.feed.encode())\n",
			"	if t.feed.first == t.before.first {\n		t.batch.Put(bucketStore, keyFeed, t.feed.encode())\n	}\n",
		},
		Harness: "tests", count: 1, tests: ". ^TestFeed",
	},
	{
		Name: "a watcher leaves a goroutine behind", file: "follow.go",
		edits: []string{
			"		more := s.feed.wait(f.since)\n",
			`		more := s.feed.wait(f.since)
		go func() { <-s.stop.Done() }()
`,
		},
		Harness: "soak", count: 15,
	},
	{
		Name: "a follower misses a change", file: "follow.go",
		edits: []string{
			"	changes, err = readChanges(v, f.since)\n",
			`	changes, err = readChanges(v, f.since)
	if len(changes) > 3 && changes[0].Sequence%50 == 0 {
		changes = changes[1:]
	}
`,
		},
		Harness: "soak", count: 15,
	},
	{
		Name: "the log of another moment is taken", file: "internal/disk/judge.go",
		edits: []string{
			"h.Generation != at.generation+1 || h.Parent != at.end {",
			"h.Generation != at.generation+1 {",
		},
		Harness: "pairs", count: 600,
	},
	{
		Name: "a half applied file does without its log", file: "internal/disk/judge.go",
		edits: []string{
			"s.applying.generation != 0 {",
			"s.applying.generation != 0 && false {",
		},
		Harness: "pairs", count: 600,
	},
	{
		Name: "a store that was open does without its log", file: "internal/disk/judge.go",
		edits: []string{
			"	if op.state.open && len(op.log.chain) == 0 {\n",
			"	if op.state.open && len(op.log.chain) == 0 && false {\n",
		},
		Harness: "pairs", count: 600,
	},
	{
		Name: "segments that do not fit are removed", file: "internal/disk/judge.go",
		edits: []string{
			"		if !op.isUnborn(f) {\n",
			"		if false {\n",
		},
		Harness: "pairs", count: 600,
	},
	{
		Name: "the log of a store that is gone is in nobody's way", file: "internal/disk/judge.go",
		edits: []string{
			"		case whole && !exists(op.path):",
			"		case whole && !exists(op.path) && slot < 0:",
		},
		Harness: "pairs", count: 300,
	},
	{
		Name: "Close lets the lock go before the last checkpoint", file: "internal/disk/engine.go",
		edits: []string{
			"		err := e.settle()\n",
			"		_ = syscall.Flock(int(e.base.file.Fd()), syscall.LOCK_UN)\n		err := e.settle()\n",
			"	\"sync/atomic\"\n", "	\"sync/atomic\"\n	\"syscall\"\n",
		},
		Harness: "turns", count: 400,
	},
}
