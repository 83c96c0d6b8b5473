package awake

// syscallsBugs are of what is said and done when a system call fails.
var syscallsBugs = []bug{
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
		Harness: "syscalls", count: 400,
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
}
