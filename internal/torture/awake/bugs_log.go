package awake

// logBugs are of the write-ahead log, whichever harness finds them.
var logBugs = []bug{
	{
		Name: "the checkpoint is not pinned", file: "log.go",
		edits: []string{
			"	a.pin = pin\n",
			"	a.pin = pin\n	_ = pin.Rollback()\n",
		},
		Harness: "powercuts", count: 4000,
	},
	{
		Name: "a checkpoint does not sync the file", file: "log.go",
		edits: []string{
			"	return errors.Join(a.flushErr, syncDB(a.e.db))\n",
			"	return a.flushErr\n",
		},
		Harness: "powercuts", count: 2000,
	},
	{
		Name: "a checkpoint is in the log before it is in the file", file: "log.go",
		edits: []string{
			"	if err := a.settle(); err != nil {\n		return err\n	}\n	pin, base",
			"	defer func() { _ = a.settle() }()\n	pin, base",
		},
		Harness: "powercuts", count: 4000,
	},
	{
		Name: "the log is not synced", file: "log.go",
		edits: []string{
			"	return a.log.Sync()\n}\n\n// sync makes",
			"	return nil\n}\n\n// sync makes",
		},
		Harness: "powercuts", count: 1000,
	},
	{
		Name: "the log is made without a sync of its directory", file: "internal/wal/log.go",
		edits: []string{
			"	if err := osfile.SyncDir(filepath.Dir(path)); err != nil {",
			"	if err := osfile.SyncDir(filepath.Dir(filepath.Dir(path))); err != nil {",
		},
		Harness: "powercuts", count: 4000,
	},
	{
		Name: "the saved meta page is not written back", file: "internal/boltfile/checkpoint.go",
		edits: []string{
			"	if _, err := f.WriteAt(page, h.offset(id)); err != nil {\n",
			"	if len(page) == 0 {\n",
		},
		Harness: "powercuts", count: 2000,
	},
	{
		Name: "the other meta page stays", file: "internal/boltfile/checkpoint.go",
		edits: []string{
			"	_, err = f.WriteAt(make([]byte, metaEnd), h.offset(1-id))\n",
			"",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "records of the generation before are done again", file: "internal/wal/record.go",
		edits: []string{
			"r.generation != h.generation || ",
			"",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "the checksum of a record is not looked at", file: "internal/wal/record.go",
		edits: []string{
			"	if binary.BigEndian.Uint32(b[8:]) != crc32.Checksum(b[12:recordHead+n], castagnoli) {\n",
			"	if crc32.Checksum(b[12:12], castagnoli) != 0 {\n",
		},
		Harness: "powercuts", count: 4000,
	},
	{
		Name: "the checksum of a log's head is not looked at", file: "internal/wal/head.go",
		edits: []string{
			"	if binary.BigEndian.Uint32(page[8:]) != crc32.Checksum(page[12:], castagnoli) {\n",
			"	if crc32.Checksum(page[12:12], castagnoli) != 0 {\n",
		},
		Harness: "bitrot", count: 2500,
	},
	{
		Name: "the salt of a record is not looked at", file: "internal/wal/record.go",
		edits: []string{
			"len(b) < recordHead || binary.BigEndian.Uint64(b) != salt {",
			"len(b) < recordHead {",
		},
		Harness: "bitrot", count: 2500,
	},
	{
		Name: "a damaged record ends the log", file: "internal/wal/record.go",
		edits: []string{
			"	return records, h.checkRest(rest, uint64(len(records)))\n",
			"	return records, nil\n",
		},
		Harness: "bitrot", count: 2500,
	},
	{
		Name: "the log goes before the file is synced", file: "log.go",
		edits: []string{
			"	if err := a.settle(); err != nil {\n		return err\n	}\n	log := a.log\n",
			"	log := a.log\n",
		},
		Harness: "powercuts", count: 4000,
	},
	{
		Name: "compaction leaves the log of the old file", file: "swap_unix.go",
		edits: []string{
			"		if err := old.ahead.retire(); err != nil { ",
			"		if err := old.ahead.settle(); err != nil { ",
		},
		Harness: "kills", count: 200,
	},
	{
		Name: "a failed sync of the log is not told", file: "internal/wal/log.go",
		edits: []string{
			"	if err := osfile.SyncData(l.f); err != nil {\n		return fmt.Errorf(\"%w: %w\", ErrUnknown, err)\n	}\n	l.synced = l.records\n	return nil\n}\n\n// Withdraw",
			"	_ = osfile.SyncData(l.f)\n	l.synced = l.records\n	return nil\n}\n\n// Withdraw",
		},
		Harness: "syscalls", count: 200,
	},
	{
		Name: "a record that is taken back stays in the log", file: "internal/wal/log.go",
		edits: []string{
			"	at := l.end - l.last\n	if err := l.blank(at); err != nil {\n		return err\n	}\n	l.end, l.last = at, 0\n	l.records--\n",
			"",
		},
		Harness: "diskfull", count: 60,
	},
	{
		Name: "the last record is not done again", file: "log.go",
		edits: []string{
			"	for _, record := range log.Found() {\n",
			"	for _, record := range log.Found()[:max(0, len(log.Found())-1)] {\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "deletions are not done again", file: "redo.go",
		edits: []string{
			"			err = b.Delete(arg)\n",
			"			_ = arg\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "sequences of buckets are not in the log", file: "redo.go",
		edits: []string{
			"		b.redo.in(b.name)\n		b.redo.add(redoSequence)\n		b.redo.record = binary.AppendUvarint(b.redo.record, n)\n",
			"		b.redo.in(b.name)\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "the syncs of Relaxed sync nothing", file: "durability.go",
		edits: []string{
			"	if s.path == \"\" || s.opts.Durability != Relaxed || s.opts.ReadOnly {\n",
			"	if s.path == \"\" || s.opts.Durability != Sync || s.opts.ReadOnly {\n",
		},
		Harness: "powercuts", count: 4000,
	},
	{
		Name: "Relaxed syncs when it is asked to only", file: "durability.go",
		edits: []string{
			"if n := s.commits.Load(); n != synced && s.Sync() == nil {",
			"if n := s.commits.Load(); n != synced {",
		},
		Harness: "powercuts", count: 6000,
	},
	{
		Name: "records behind a missing one are done again", file: "internal/wal/record.go",
		edits: []string{
			"		if !ok || r.generation != h.generation || r.number != uint64(len(records))+1 {\n",
			`		if (!ok || r.generation != h.generation) && len(rest) > PageSize {
			rest = rest[PageSize:]
			continue
		}
		if !ok || r.generation != h.generation || r.number <= uint64(len(records)) {
`,
		},
		Harness: "powercuts", count: 4000,
	},
	{
		Name: "a record says that those before it are synced", file: "internal/wal/log.go",
		edits: []string{
			"l.head.generation, l.records+1, l.synced)",
			"l.head.generation, l.records+1, l.records)",
		},
		Harness: "powercuts", count: 4000,
	},
}
