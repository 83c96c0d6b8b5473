package awake

// powercutsBugs are of what is durable too late, and of what a torn file is taken for.
var powercutsBugs = []bug{
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
}
