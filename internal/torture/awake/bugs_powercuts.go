package awake

// powercutsBugs are of what is durable too late, and of what a torn file is taken for.
var powercutsBugs = []bug{
	{
		Name: "what the disk has begun to write counts as durable", file: "internal/segment/segment.go",
		edits: []string{
			"to-from); err != nil {\n		return s.fail(err)\n	}\n",
			"to-from); err != nil {\n		return s.fail(err)\n	}\n	s.mu.Lock()\n	defer s.mu.Unlock()\n	s.dirty = false\n",
		},
		Harness: "powercuts", count: 300,
	},
	{
		Name: "the log is not synced", file: "internal/disk/journal.go",
		edits: []string{
			"	if err == nil && durably {\n",
			"	if err == nil && durably && false {\n",
		},
		Harness: "powercuts", count: 1000,
	},
	{
		Name: "the file is not synced", file: "internal/disk/open.go",
		edits: []string{
			"		PreLoadFreelist: true, ",
			"		NoSync: true, PreLoadFreelist: true, ",
		},
		Harness: "powercuts", count: 4000,
	},
	{
		Name: "a freeze leaves what was staged unsynced", file: "internal/disk/journal.go",
		edits: []string{
			"		j.run(true)\n	}\n	return j.err\n}\n",
			"		j.run(false)\n	}\n	return j.err\n}\n",
		},
		Harness: "powercuts", count: 6000,
	},
	{
		Name: "a segment is made without a sync of its directory", file: "internal/segment/segment.go",
		edits: []string{
			"	return osfile.SyncDir(filepath.Dir(s.path))\n",
			"	return osfile.SyncDir(filepath.Dir(filepath.Dir(s.path)))\n",
		},
		Harness: "powercuts", count: 4000,
	},
	{
		Name: "a segment goes before the header of the next one is durable", file: "internal/disk/checkpoint.go",
		edits: []string{
			"	if g.next != nil {\n",
			"	if false {\n",
		},
		Harness: "powercuts", count: 12000,
	},
	{
		Name: "a record says that those before it are synced", file: "internal/segment/segment.go",
		edits: []string{
			"s.end.next(s.synced, payload)",
			"s.end.next(s.end.Records, payload)",
		},
		Harness: "powercuts", count: 6000,
	},
	{
		Name: "the directory is not synced after the swap", file: "internal/disk/compact.go",
		edits: []string{
			"	if err := osfile.SyncDir(dir); err != nil {",
			"	if err := osfile.SyncDir(filepath.Dir(dir)); err != nil {",
		},
		Harness: "powercuts", count: 6000,
	},
	{
		Name: "the copy of Compact is not synced", file: "internal/disk/compact.go",
		edits: []string{
			"osfile.SyncPath(tmp), ",
			"",
		},
		Harness: "powercuts", count: 4000,
	},
	{
		Name: "no directory is synced", file: "internal/osfile/dir_unix.go",
		edits: []string{
			"	if err := d.Sync(); ",
			"	if err := error(nil); ",
		},
		Harness: "powercuts", count: 1000,
	},
	{
		Name: "the directory is not synced after a backup", file: "internal/disk/backup.go",
		edits: []string{
			"errors.Join(err, osfile.SyncDir(filepath.Dir(path)))",
			"errors.Join(err, osfile.SyncDir(filepath.Dir(filepath.Dir(path))))",
		},
		Harness: "powercuts", count: 3000,
	},
	{
		Name: "a backup is not synced", file: "internal/disk/backup.go",
		edits: []string{
			"		err = f.Sync()\n",
			"		_ = f.Sync\n",
		},
		Harness: "powercuts", count: 2000,
	},
	{
		Name: "what a killed process left in the file is built on unsynced", file: "internal/disk/open.go",
		edits: []string{
			"	err := op.file.Sync()\n",
			"	err := error(nil)\n",
		},
		Harness: "powercuts", count: 12000,
	},
	{
		Name: "what a killed process left in the log is shown unsynced", file: "internal/segment/read.go",
		edits: []string{
			"	if err := f.Sync(); err != nil && ",
			"	if err := error(nil); err != nil && ",
		},
		Harness: "powercuts", count: 12000,
	},
	{
		Name: "a meta page of garbage is refused", file: "internal/boltfile/walk.go",
		edits: []string{
			" || w.h.OneMeta && !decodeMeta(b).valid()",
			"",
		},
		Harness: "powercuts", count: 8000,
	},
	{
		Name: "the syncs of Relaxed sync nothing", file: "internal/disk/engine.go",
		edits: []string{
			"	if !e.opts.Relaxed {\n		return nil\n	}\n",
			"	if e.opts.Relaxed {\n		return nil\n	}\n",
		},
		Harness: "powercuts", count: 4000,
	},
	{
		Name: "Relaxed syncs when it is asked to only", file: "internal/disk/engine.go",
		edits: []string{
			"			_ = e.journal.sync() // a failure",
			"			// a failure",
		},
		Harness: "powercuts", count: 6000,
	},
	{
		Name: "a sync that announced calls have joined is none", file: "internal/disk/journal.go",
		edits: []string{
			"	mine, gathered := j.upcoming, false\n", "	mine, gathered, alone := j.upcoming, false, j.appended\n",
			"			j.run(!j.relaxed)\n", "			j.run(!j.relaxed && j.appended == alone)\n",
		},
		Harness: "powercuts", count: 2000,
	},
}
