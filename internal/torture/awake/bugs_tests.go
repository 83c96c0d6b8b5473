package awake

// testsBugs are those that need a goroutine to stop between two steps, or a log that no crash leaves: tests of the
// store's own packages make these, and no harness meets them often enough.
var testsBugs = []bug{
	{
		Name: "the function of Modify keeps the file mapped", file: "modify.go",
		edits:   []string{"		t.stage.Rest()\n", ""},
		Harness: "tests", count: 1, tests: ". ^TestModifyReads$",
	},
	{
		Name: "compaction that fails leaves its copy", file: "internal/disk/compact.go",
		edits: []string{
			"	defer os.Remove(tmp)\n",
			"",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestCompactEnds$",
	},
	{
		Name: "a segment that cannot be made stays", file: "internal/segment/segment.go",
		edits: []string{
			"errors.Join(err, f.Close(), osfile.Remove(path))",
			"errors.Join(err, f.Close())",
		},
		Harness: "tests", count: 1, tests: "internal/segment ^TestCreateFails$",
	},
	{
		Name: "a batch is published before it is durable", file: "internal/disk/journal.go",
		edits: []string{
			"	err := log.Flush()\n	if err == nil && durably {\n",
			"	err := log.Flush()\n	j.published.Store(version)\n	if err == nil && durably {\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk Visible",
	},
	{
		Name: "an empty batch waits for nothing", file: "internal/disk/journal.go",
		edits: []string{
			"		case j.durable >= p.number:\n",
			"		case j.durable >= p.number || p.empty:\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestEmptyBatchWaits$",
	},
	{
		Name: "a freeze without the lock", file: "internal/disk/freeze.go",
		edits: []string{
			"	e.pair.Lock()\n	e.frozen = g\n	e.setActive(next)\n	e.pair.Unlock()\n",
			"	e.frozen = g\n	e.setActive(next)\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestView",
	},
	{
		Name: "a frozen overlay is dropped without the lock", file: "internal/disk/checkpoint.go",
		edits: []string{
			"	e.pair.Lock()\n	e.frozen = nil\n",
			"	e.frozen = nil\n	e.pair.Lock()\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestView",
	},
	{
		Name: "the age of a generation is looked at while its checkpoint is due", file: "internal/disk/checkpoint.go",
		edits: []string{
			"	case <-e.due: // whoever has the turn may be waiting for that checkpoint\n		return\n", "",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestFreezeWhileAgeIsLookedAt$",
	},
	{
		Name: "a record is acknowledged before the file says that there is a log", file: "internal/disk/freeze.go",
		edits: []string{
			"		if err := e.markOpen(); err != nil {\n",
			"		if err := error(nil); err != nil {\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestOpenMark",
	},
	{
		Name: "deleted ranges are not carried to the file", file: "internal/disk/slices.go",
		edits: []string{
			"	for _, r := range c.Deleted {\n",
			"	for _, r := range c.Deleted[:0] {\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestConformance$",
	},
	{
		Name: "operations behind a drop are in the bucket of those before", file: "internal/kv/batch.go",
		edits: []string{
			"func (b *Batch) DropBucket(bucket []byte) { b.in = false; ",
			"func (b *Batch) DropBucket(bucket []byte) { ",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestConformance$",
	},
	{
		Name: "a record that does not follow the one before is replayed", file: "internal/segment/record.go",
		edits: []string{
			" && r.prev == l.Sum\n",
			"\n",
		},
		Harness: "tests", count: 1, tests: "internal/segment .",
	},
	{
		Name: "a record of another generation is replayed", file: "internal/segment/record.go",
		edits: []string{
			"	return r.nonce == l.Nonce && r.number == l.Records+1",
			"	return r.number == l.Records+1",
		},
		Harness: "tests", count: 1, tests: "internal/segment .",
	},
	{
		Name: "the checksum of a segment's header is not looked at", file: "internal/segment/header.go",
		edits: []string{
			"	if binary.BigEndian.Uint32(b[8:]) != crc32.Checksum(b[12:], castagnoli) {\n",
			"	if crc32.Checksum(b[12:12], castagnoli) != 0 {\n",
		},
		Harness: "tests", count: 1, tests: "internal/segment .",
	},
	{
		Name: "a segment that has failed takes another sync", file: "internal/segment/segment.go",
		edits: []string{
			"	if err != nil {\n		s.err = err\n		return err\n	}\n	s.synced, s.dirty",
			"	if err != nil {\n		return err\n	}\n	s.synced, s.dirty",
		},
		Harness: "tests", count: 1, tests: "internal/segment .",
	},
	{
		Name: "the places of elements in a page are not checked", file: "internal/boltfile/layout.go",
		edits: []string{
			"	case e.start != next:",
			"	case false:",
		},
		Harness: "tests", count: 1, tests: "internal/boltfile Damage",
	},
	{
		Name: "a transaction of before a slice is shared after the slice", file: "internal/disk/reader.go",
		edits:   []string{" && s.turns == turns {", " && s.turns >= turns {"},
		Harness: "tests", count: 1, tests: "internal/disk ^TestStaleReader$",
	},
	{
		Name: "a transaction that began during a slice is shared after the slice", file: "internal/disk/reader.go",
		edits:   []string{"	s.stopped--\n	s.turns++\n", "	s.stopped--\n"},
		Harness: "linearcrash", count: 600,
	},
	{
		Name: "views share a transaction while a slice is written", file: "internal/disk/reader.go",
		edits:   []string{" && s.stopped == 0 && ", " && s.stopped >= 0 && "},
		Harness: "tests", count: 1, tests: "internal/disk ^TestReadersShare$",
	},
	{
		Name: "the start of a log does not ask again for room", file: "internal/disk/freeze.go",
		edits: []string{
			"	if err := errors.Join(full.still(e), e.refusal()); err != nil {\n",
			"	if stuck := e.stuck.Load(); stuck != nil {\n		return *stuck\n	}\n	if err := e.refusal(); err != nil {\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestStartOfLogOnFullDisk$",
	},
	{
		Name: "a failure of the disk that begins to write is forgotten", file: "internal/segment/segment.go",
		edits:   []string{"		return s.fail(err)\n", "		return nil\n"},
		Harness: "tests", count: 1, tests: "internal/disk ^TestFailedStartOfSync$",
	},
	{
		Name: "records are written before the header is durable", file: "internal/segment/segment.go",
		edits:   []string{"	if err := s.syncHeader(); err != nil {\n		return 0, 0, err\n	}\n", ""},
		Harness: "tests", count: 1, tests: "internal/segment ^TestHeaderFirst$",
	},
	{
		Name: "a header that has rotted is taken for one that was never written", file: "internal/disk/judge.go",
		edits:   []string{"	case c.Stray == 0 || ", "	case c.Stray >= 0 || "},
		Harness: "tests", count: 1, tests: "internal/disk ^TestDamagedHead$",
	},
	{
		Name: "a generation that never began is in the way", file: "internal/disk/judge.go",
		edits:   []string{"	return h.Generation <= end.generation ||\n", "	return h.Generation <= end.generation && false ||\n"},
		Harness: "tests", count: 1, tests: "internal/disk ^TestUnbornSegment$",
	},
	{
		Name: "Compact goes on after a commit in doubt", file: "internal/disk/compact.go",
		edits:   []string{"			if err := e.inDoubt(); err != nil {\n				return err\n			}\n", ""},
		Harness: "tests", count: 1, tests: "internal/disk ^TestCompactInDoubt$",
	},
	{
		Name: "a segment that was cut off ends there", file: "internal/segment/damage.go",
		edits:   []string{"	if size == areaAt || ", "	if size > 0 || "},
		Harness: "tests", count: 1, tests: "internal/segment ^TestCutOffFile$",
	},
	{
		Name: "what was judged counts although the lock was lost", file: "internal/disk/open.go",
		edits: []string{
			"		op = &opening{path: op.path, opts: op.opts, deadline: op.deadline, scarce: true}\n		op.opts.MustBeNew = false // the file is there by now\n		err = op.steps()\n",
			"		op.scarce = true\n		if err = op.lock(); err == nil {\n			err = op.open()\n		}\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestScarceAddresses$",
	},
	{
		Name: "a writer waits for a checkpoint that has failed", file: "internal/disk/freeze.go",
		edits: []string{
			"		if err := e.refusal(); err != nil { // which nobody would tell a writer who waits already\n" +
				"			return err\n		}\n",
			"",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestFailureBeforeWait$",
	},
	{
		Name: "Close leaves unsynced what was appended before a checkpoint failed", file: "internal/disk/engine.go",
		edits: []string{
			"	err := e.journal.sync() // what",
			"	var err error // what",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestCloseAfterFailedCheckpoint$",
	},
	{
		Name: "one begins to read for long during a slice", file: "internal/disk/view.go",
		edits:   []string{"	if r.held > 0 {\n", "	if r.held > 1000 {\n"},
		Harness: "tests", count: 1, tests: "internal/disk ^TestLongReaderWaitsForSlice$",
	},
	{
		Name: "a key that was put is not in the filter", file: "internal/kv/filter.go",
		edits:   []string{"	case c.filter != nil && n <= c.filter.room: ", "	case c.filter != nil && n <= c.filter.room && n >= filterFrom: "},
		Harness: "tests", count: 1, tests: "internal/kv ^TestFilteredVersions$",
	},
	{
		Name: "Check does not count documents", file: "check.go",
		edits: []string{
			"	} else if n != l.documents {",
			"	} else if n != l.documents && false {",
		},
		Harness: "tests", count: 1, tests: ". ^TestCheck",
	},
	{
		Name: "a key of no bytes is handed out", file: "internal/disk/view.go",
		edits: []string{
			"	if len(key) == 0 {\n		panic(",
			"	if false {\n		panic(",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestEmptyKeyIsDamage$",
	},
	{
		Name: "of two headers the older one counts", file: "internal/segment/header.go",
		edits: []string{
			"c.Generation > h.Generation) {",
			"c.Generation < h.Generation) {",
		},
		Harness: "tests", count: 1, tests: "internal/segment ^TestTornHeader$",
	},
	{
		Name: "a restored file does not know the old log", file: "internal/disk/restore.go",
		edits: []string{
			"			if len(r.log) == 0 {\n",
			"			if len(r.log) >= 0 {\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestRestore",
	},
	{
		Name: "a restored file can be opened beside the old log", file: "internal/disk/restore.go",
		edits: []string{
			"	if err := lockFile(f, true, time.Now()); err != nil {\n",
			"	if err := error(nil); err != nil {\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestRestore",
	},
	{
		Name: "a store is kept without its log", file: "internal/disk/restore.go",
		edits: []string{
			"		names = append(names, second{from: f.path, to: logPath(r.kept, f.slot)})\n",
			"		_ = f\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestRestore",
	},
	{
		Name: "second names stay after a restore that was cut off", file: "internal/disk/open.go",
		edits: []string{
			"	removeAliases(op.path)\n",
			"",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestRestore",
	},
	{
		Name: "the only copy of a log is taken for a second name", file: "internal/disk/restore.go",
		edits: []string{
			"			if isAlias(log, logPath(path, slot)) {\n",
			"			if exists(log) {\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestRestore",
	},
	{
		Name: "a kept file loses its name, and its log does not", file: "internal/disk/restore.go",
		edits:   []string{"		if !left {\n", "		if left || !left {\n"},
		Harness: "tests", count: 1, tests: "internal/disk ^TestRestore",
	},
	{
		Name: "a log that a restored file does not need is taken for that of another store", file: "internal/disk/judge.go",
		edits: []string{
			"	case c.Whole && c.Header.Store != op.id && op.state.remembers(c.Header.Nonce):\n",
			"	case false:\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestRestore",
	},
	{
		Name: "logs are removed before the new file has its name", file: "internal/disk/restore.go",
		edits: []string{
			"	letGo, err := r.takeOver(tmp)\n",
			"	for _, f := range r.log {\n		os.Remove(f.path)\n	}\n	letGo, err := r.takeOver(tmp)\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestRestore",
	},
	{
		Name: "a backup replaces a file that has taken the store's name meanwhile", file: "internal/disk/restore.go",
		edits: []string{
			"	hook(&beforeReplacing)\n	err := r.stillThere()\n",
			"	hook(&beforeReplacing)\n	var err error\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestRestore",
	},
	{
		Name: "a copy of a store that is kept has its name before it is whole", file: "internal/disk/restore.go",
		edits: []string{
			"	likeFile(w, info)\n",
			"	likeFile(w, info)\n	if err := linkNew(w.Name(), to); err != nil {\n		return err\n	}\n",
			"	if err := linkNew(w.Name(), to); err != nil {\n		return err\n	}\n" +
				"	return osfile.SyncDir(filepath.Dir(to))",
			"	return osfile.SyncDir(filepath.Dir(to))",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestRestore",
	},
	{
		Name: "a restore that fails forgets names that another has given", file: "internal/disk/restore.go",
		edits: []string{
			"	if err = how(s.from, s.to); err == nil {\n",
			"	if err = how(s.from, s.to); err == nil || s.info != nil {\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestRestore",
	},
	{
		Name: "who gathers takes a sync that another has begun for one that has ended", file: "internal/disk/journal.go",
		edits: []string{
			"			j.rounds[(j.upcoming+1)%2].over.Wait()\n",
			"			return nil\n",
		},
		Harness: "tests", count: 1, tests: "internal/disk ^TestGatherMeetsSync$",
	},
	{
		Name: "the fields that documents bring are not written to the mapping", file: "fill.go",
		edits:   []string{"	p.learn(t, bucket)\n", ""},
		Harness: "tests", count: 1, tests: ". ^TestMapping",
	},
	{
		Name: "the fields that documents bring are written to the mapping in a batch of their own", file: "fill.go",
		edits: []string{
			"	t.putMapping(bucket, &Mapping{Mappings: p.mapped.Extended(kept.Mappings), Settings: kept.Settings})\n",
			"	go p.col.UpdateMapping(p.ctx, Mapping{Mappings: p.mapped.Extended(kept.Mappings)})\n",
		},
		Harness: "tests", count: 1, tests: ". ^TestMappingTorn$",
	},
}
