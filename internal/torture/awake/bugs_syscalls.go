package awake

// syscallsBugs are of what is said and done when a system call fails.
var syscallsBugs = []bug{
	{
		Name: "a failed sync of the log is not told", file: "internal/disk/journal.go",
		edits: []string{
			"	hook(&afterSync)\n",
			"	err = nil\n	hook(&afterSync)\n",
		},
		Harness: "syscalls", count: 600,
	},
	{
		Name: "a failed sync of the log is tried again", file: "internal/disk/journal.go",
		edits: []string{
			"		err = log.Sync()\n		j.tookSync",
			"		if err = log.Sync(); err != nil {\n			err = log.Sync()\n		}\n		j.tookSync",
		},
		also: []planting{{"internal/segment/segment.go", []string{
			"	if err != nil {\n		s.err = err\n		return err\n	}\n	s.synced, s.dirty",
			"	if err != nil {\n		return err\n	}\n	s.synced, s.dirty",
		}}},
		Harness: "syscalls", count: 600,
	},
	{
		Name: "every error of a sync is a full disk", file: "internal/disk/journal.go",
		edits: []string{
			"open it to find out: %w\", kv.ErrOutcomeUnknown, j.err)",
			"open it to find out: %w\", kv.ErrDiskFull, j.err)",
		},
		Harness: "syscalls", count: 600,
	},
	{
		Name: "every error of a sync has written nothing", file: "internal/disk/journal.go",
		edits: []string{
			"open it to find out: %w\", kv.ErrOutcomeUnknown, j.err)",
			"open it to find out: %w\", kv.ErrFailed, j.err)",
		},
		Harness: "syscalls", count: 600,
	},
	{
		Name: "writes go on after one that has failed", file: "internal/disk/engine.go",
		edits: []string{
			"	if err := e.failure.Load(); err != nil {\n		return *err\n	}\n	return nil\n}\n",
			"	return nil\n}\n",
		},
		Harness: "syscalls", count: 600,
	},
	{
		Name: "a full disk is taken for a slice that may be written", file: "internal/disk/base.go",
		edits: []string{
			"\treturn err != nil || header.Txid >= txid",
			"\treturn err != nil || header.Txid > 0",
		},
		Harness: "syscalls", count: 600,
	},
	{
		Name: "a slice is tried again though its meta page was written", file: "internal/disk/checkpoint.go",
		edits: []string{
			"	if !maybe && isDiskFull(err) {\n",
			"	if (!maybe || true) && isDiskFull(err) {\n",
		},
		Harness: "syscalls", count: 600,
	},
	{
		Name: "a backup gets its name before it is filled", file: "internal/disk/backup.go",
		edits: []string{
			"	n, err = filled(f, fill)\n",
			"	linkErr := linkNew(f.Name(), path)\n	n, err = filled(f, fill)\n",
			"	err = linkNew(f.Name(), path)\n",
			"	err = linkErr\n",
		},
		Harness: "syscalls", count: 600,
	},
	{
		Name: "compaction renames before it has copied", file: "internal/disk/compact.go",
		edits: []string{
			"e.compactInto(ctx, tmp, m)\n",
			"e.compactInto(ctx, errors.Join(os.Rename(tmp, e.path)), e.path, m)\n",
			"compactInto(ctx context.Context, tmp string,",
			"compactInto(ctx context.Context, _ error, tmp string,",
		},
		Harness: "syscalls", count: 600,
	},
	{
		Name: "a failed sync after the swap is a plain failure", file: "internal/disk/compact.go",
		edits: []string{
			"return e.fail(fmt.Errorf(\"compact: %w\", err))",
			"return fmt.Errorf(\"compact: %w\", err)",
		},
		Harness: "syscalls", count: 900,
	},
	{
		Name: "Close hides a checkpoint that failed", file: "internal/disk/engine.go",
		edits: []string{
			"			return fmt.Errorf(\"close: the store's file lacks",
			"			_, err = 0, fmt.Errorf(\"close: the store's file lacks",
		},
		Harness: "syscalls", count: 600,
	},
	{
		Name: "creation hides a failed sync of the directory", file: "internal/disk/create.go",
		edits: []string{
			"	return osfile.SyncDir(filepath.Dir(path))\n",
			"	_ = osfile.SyncDir(filepath.Dir(path))\n	return nil\n",
		},
		Harness: "syscalls", count: 400,
	},
}
