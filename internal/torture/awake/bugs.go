package awake

import (
	"fmt"
	"io"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// bug is a bug to plant: a mistake that somebody could make, and the harness that is there to find it.
type bug struct {
	Name    string
	file    string   // from the root of the store's module
	edits   []string // text that is there once, and what takes its place, in turn
	Harness string
	count   int // units within which it must be found
}

// Bugs are all of them, by the harness that finds them.
var Bugs = []bug{
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
	{
		Name: "a failed commit is acknowledged", file: "commit.go",
		edits: []string{
			"		failAll(group, s.fail(err))\n",
			"		_ = s.fail(err)\n",
		},
		Harness: "syscalls", count: 30,
	},
	{
		Name: "every error of a commit is a full disk", file: "commit.go",
		edits: []string{
			"e.commit(tx, t.redo); maybe {",
			"e.commit(tx, t.redo); maybe && err == nil {",
		},
		Harness: "syscalls", count: 30,
	},
	{
		Name: "every error of a commit has written nothing", file: "commit.go",
		edits: []string{
			"failAll(group, s.fail(err))",
			"failAll(group, fmt.Errorf(\"nothing was written: %w\", err))",
		},
		Harness: "syscalls", count: 60,
	},
	{
		Name: "writes go on after an unknown outcome", file: "store.go",
		edits: []string{
			`	s.failure.CompareAndSwap(nil, &err)
	return *s.failure.Load()`,
			"\treturn err",
		},
		Harness: "syscalls", count: 30,
	},
	{
		Name: "a full disk is taken for an unknown outcome", file: "engine.go",
		edits: []string{
			"\treturn err != nil || header.Txid >= txid",
			"\treturn err != nil || header.Txid > 0",
		},
		Harness: "syscalls", count: 60,
	},
	{
		Name: "a backup gets its name before it is synced", file: "backup.go",
		edits: []string{
			`	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	err = linkNew(f.Name(), path)
`,
			`	linkErr := linkNew(f.Name(), path)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	err = linkErr
`,
		},
		Harness: "syscalls", count: 150,
	},
	{
		Name: "compaction renames before it has copied", file: "compact.go",
		edits: []string{
			`errors.Join(f.Close(), s.copyTo(ctx, tmp, old)); err != nil {
		return nil, err
	}
	return s.swap(tmp, old)`,
			`errors.Join(f.Close(), os.Rename(tmp, s.file), s.copyTo(ctx, s.file, old)); err != nil {
		return nil, err
	}
	return s.swap(s.file, old)`,
		},
		Harness: "syscalls", count: 60,
	},
	{
		Name: "a failed sync after the swap is a plain failure", file: "swap_unix.go",
		edits: []string{
			"\t\treturn nil, s.fail(err)",
			"\t\treturn nil, err",
		},
		Harness: "syscalls", count: 900,
	},
	{
		Name: "Close hides a failed commit", file: "durability.go",
		edits: []string{
			"\treturn e.commitBolt(tx)\n",
			`	_ = e.commitBolt(tx)
	return nil
`,
		},
		Harness: "syscalls", count: 60,
	},
	{
		Name: "creation hides a failed sync of the directory", file: "file.go",
		edits: []string{
			`	return osfile.SyncDir(filepath.Dir(path))
}`,
			`	_ = osfile.SyncDir(filepath.Dir(path))
	return nil
}`,
		},
		Harness: "syscalls", count: 120,
	},
	{
		Name: "compaction that fails leaves its copy", file: "compact.go",
		edits: []string{
			`	defer os.Remove(tmp)
	likeFile`,
			`	_ = os.Remove
	likeFile`,
		},
		Harness: "syscalls", count: 60,
	},
	{
		Name: "what did not fit on the disk is published", file: "commit.go",
		edits: []string{
			"	} else if err != nil {\n",
			`	} else if err != nil {
		s.feed.publish(t)
`,
		},
		Harness: "diskfull", count: 6,
	},
	{
		Name: "a full disk ends all writing", file: "commit.go",
		edits: []string{
			"	} else if err != nil {\n",
			`	} else if err != nil {
		_ = s.fail(err)
`,
		},
		Harness: "diskfull", count: 6,
	},
	{
		Name: "what did not fit on the disk is acknowledged", file: "commit.go",
		edits: []string{
			"		failAll(group, fmt.Errorf(\"%w, nothing",
			"		failAll(nil, fmt.Errorf(\"%w, nothing",
		},
		Harness: "diskfull", count: 6,
	},
	{
		Name: "a backup that fails leaves its copy", file: "backup.go",
		edits: []string{
			"\tdefer os.Remove(f.Name())\n",
			`	defer func() {
		if err == nil {
			os.Remove(f.Name())
		}
	}()
`,
		},
		Harness: "diskfull", count: 12,
	},
	{
		Name: "blocks of the feed are read without their checksum", file: "change.go",
		edits: []string{
			"	if !sealed(key, b) {",
			"	if false {",
		},
		Harness: "bitrot", count: 400,
	},
	{
		Name: "documents and the tail are read without their checksum", file: "record.go",
		edits: []string{
			"	return len(value) >= checksumSize && binary.BigEndian.Uint32(value) == checksum(key, value)",
			"	return len(value) >= checksumSize",
		},
		Harness: "bitrot", count: 300,
	},
	{
		Name: "Check does not count documents", file: "check.go",
		edits: []string{
			"	if documents != b.Sequence() {",
			"	if false {",
		},
		Harness: "bitrot", count: 300,
	},
	{
		Name: "the format of the file is not looked at", file: "file.go",
		edits: []string{
			"		if format[0] != formatVersion {",
			"		if false {",
		},
		Harness: "bitrot", count: 300,
	},
	{
		Name: "the places of elements in a page are not checked", file: "internal/boltfile/layout.go",
		edits: []string{
			"	case e.start != next:",
			"	case false:",
		},
		Harness: "bitrot", count: 4000,
	},
	{
		Name: "a backup is copied from a file that moves", file: "backup.go",
		edits: []string{
			"		n, err = tx.WriteTo(out)\n",
			`		_ = tx.Rollback()
		f, _ := os.Open(s.path)
		defer f.Close()
		n, err = io.Copy(out, f)
`,
		},
		Harness: "backups", count: 60,
	},
	{
		Name: "ids are escaped in the change feed", file: "change.go",
		edits: []string{
			"	e = appendString(e, id)\n",
			`	quoted := fmt.Sprintf("%+q", id)
	e = appendString(e, quoted[1:len(quoted)-1])
`,
		},
		Harness: "model", count: 50,
	},
	{
		Name: "without a log the file is not synced", file: "file.go",
		edits: []string{
			"		e.db.NoSync, e.db.NoGrowSync = false, false\n",
			"",
		},
		Harness: "powercuts", count: 4000,
	},
	{
		Name: "the directory is not synced after the swap", file: "swap_unix.go",
		edits: []string{
			"	if err := osfile.SyncDir(filepath.Dir(s.file)); err != nil {",
			"	if err := osfile.SyncDir(filepath.Dir(filepath.Dir(s.file))); err != nil {",
		},
		Harness: "powercuts", count: 1000,
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
		Name: "the directory is not synced after a backup", file: "backup.go",
		edits: []string{
			"errors.Join(err, osfile.SyncDir(filepath.Dir(path)))",
			"errors.Join(err, osfile.SyncDir(filepath.Dir(filepath.Dir(path))))",
		},
		Harness: "powercuts", count: 2000,
	},
	{
		Name: "a backup is not synced", file: "backup.go",
		edits: []string{
			"errors.Join(err, f.Sync(), f.Close())",
			"errors.Join(err, f.Close())",
		},
		Harness: "powercuts", count: 2000,
	},
	{
		Name: "a store is created in place", file: "file.go",
		edits: []string{
			"db, err := bolt.Open(tmp, 0o600",
			"db, err := bolt.Open(path, 0o600",
		},
		Harness: "powercuts", count: 1000,
	},
	{
		Name: "what a killed process left is built on unsynced", file: "file.go",
		edits: []string{
			"	if err := settleFile(f, path); err != nil {",
			"	if err := error(nil); err != nil {",
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
			"		err = osfile.SyncDir(filepath.Dir(path))\n",
			"		err = osfile.SyncDir(filepath.Dir(filepath.Dir(path)))\n",
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
		Harness: "powercuts", count: 2000,
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
	{
		Name: "the version is checked outside the transaction", file: "upsert.go",
		edits: []string{
			"	r := received{position: position, id: u.ID, want: u.IfVersion}\n",
			`	if u.IfVersion != nil {
		if d, _ := p.col.Get(context.Background(), u.ID); d.Version == *u.IfVersion {
			u.IfVersion = nil
		}
	}
	r := received{position: position, id: u.ID, want: u.IfVersion}
`,
		},
		Harness: "linear", count: 100,
	},
	{
		Name: "Mutate writes over what has moved", file: "write.go",
		edits: []string{
			"opts.IfVersion = Version(doc.Version)",
			"opts.IfVersion = nil",
		},
		Harness: "linear", count: 50,
	},
	{
		Name: "MGet reads in several transactions", file: "collection.go",
		edits: []string{
			`	err := c.find(ctx, ids, func(b *bolt.Bucket, id string) (bool, error) {
		doc, ok, err := c.get(b, id)
		if ok {
			f.Successes = append(f.Successes, doc)
		}
		return ok, err
	}, &f.Errors)
	if err != nil {
		return nil, err
	}
	return f, nil
`,
			`	for _, id := range ids {
		err := c.find(ctx, []string{id}, func(b *bolt.Bucket, id string) (bool, error) {
			doc, ok, err := c.get(b, id)
			if ok {
				f.Successes = append(f.Successes, doc)
			}
			return ok, err
		}, &f.Errors)
		if err != nil {
			return nil, err
		}
	}
	return f, nil
`,
		},
		Harness: "linear", count: 2000,
	},
	{
		Name: "a cancelled call is written", file: "commit.go",
		edits: []string{
			`			if w.withdraw(c) {
				return ctx.Err()
			}
`,
			`			if !w.withdraw(c) {
				<-c.wake
			}
			if true {
				return ctx.Err()
			}
`,
		},
		Harness: "linear", count: 600,
	},
	{
		Name: "a conflict tells another version", file: "apply.go",
		edits: []string{
			"refusal{doc.version, reason, ErrConflict}",
			"refusal{doc.version + 1, reason, ErrConflict}",
		},
		Harness: "linear", count: 50,
	},
	{
		Name: "one retry more than was allowed", file: "version.go",
		edits: []string{
			"	return b.left >= 0",
			"	return b.left >= -1",
		},
		Harness: "linear", count: 100,
	},
	{
		Name: "the version of a tombstone is forgotten", file: "apply.go",
		edits: []string{
			"			last = tomb.version\n",
			"			last = tomb.version - 1\n",
		},
		Harness: "linear", count: 50,
	},
	{
		Name: "compaction while others write", file: "compact.go",
		edits: []string{
			"	err = s.writer.exclusive(ctx, func() (err error) {\n",
			"	err = func(_ context.Context, fn func() error) error { return fn() }(ctx, func() (err error) {\n",
		},
		Harness: "linearcrash", count: 60,
	},
	{
		Name: "a watcher leaves a goroutine behind", file: "watch.go",
		edits: []string{
			"		more := s.feed.wait(since)\n",
			`		more := s.feed.wait(since)
		go func() { <-s.stop.Done() }()
`,
		},
		Harness: "soak", count: 15,
	},
	{
		Name: "a follower misses a change", file: "watch.go",
		edits: []string{
			"			return changes[:n]\n",
			`			if n > 3 && changes[0].Sequence%50 == 0 {
				return changes[1:n]
			}
			return changes[:n]
`,
		},
		Harness: "soak", count: 15,
	},
}

// WriteBugs writes which harness finds which planted bug, as a table in Markdown.
func WriteBugs(w io.Writer) {
	fmt.Fprint(w, "| planted bug | in | found by | within |\n|---|---|---|---:|\n")
	for _, b := range Bugs {
		fmt.Fprintf(w, "| %s | %s | `%s` | %s |\n", b.Name, b.file, b.Harness, harness.Grouped(b.count))
	}
}
