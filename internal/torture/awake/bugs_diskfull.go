package awake

// diskfullBugs are of what is said and done when the disk is full.
var diskfullBugs = []bug{
	{
		Name: "what did not fit into the log is in the overlay", file: "internal/disk/stage.go",
		edits: []string{
			"	if err := e.logReady(len(encoded)); err != nil {\n		return nil, err\n	}\n",
			`	if err := e.logReady(len(encoded)); err != nil {
		_ = e.active.overlay.Apply(encoded)
		return nil, err
	}
`,
		},
		Harness: "diskfull", count: 12,
	},
	{
		Name: "what did not fit on the disk is acknowledged", file: "internal/disk/stage.go",
		edits: []string{
			"	if err := e.logReady(len(encoded)); err != nil {\n		return nil, err\n	}\n",
			"	if err := e.logReady(len(encoded)); err != nil {\n		return e.journal.everything(), nil\n	}\n",
		},
		Harness: "diskfull", count: 12,
	},
	{
		Name: "a full disk ends all writing", file: "internal/disk/freeze.go",
		edits: []string{
			"	case isDiskFull(err):\n		return noRoom(err)\n	}\n	return fmt.Errorf(\"nothing was written: make room",
			"	case isDiskFull(err):\n		return e.fail(err)\n	}\n	return fmt.Errorf(\"nothing was written: make room",
		},
		Harness: "diskfull", count: 12,
	},
	{
		Name: "a checkpoint that meets a full disk ends all writing", file: "internal/disk/checkpoint.go",
		edits: []string{
			"		if !errors.Is(err, kv.ErrDiskFull) {\n",
			"		if err != nil || errors.Is(err, kv.ErrDiskFull) {\n",
		},
		Harness: "diskfull", count: 24,
	},
	{
		Name: "a checkpoint that met a full disk is not tried again", file: "internal/disk/checkpoint.go",
		edits: []string{
			"		case <-time.After(retryFullDisk):\n		}\n",
			"		case <-time.After(retryFullDisk):\n			return\n		}\n",
		},
		Harness: "diskfull", count: 600,
	},
	{
		Name: "calls wait for a checkpoint that waits for room", file: "internal/disk/freeze.go",
		edits: []string{
			"			if err := full.still(e); err != nil {\n",
			"			if err := full.still(nil); err != nil {\n",
			"	stuck := e.stuck.Load()\n", "	if e == nil {\n		return nil\n	}\n	stuck := e.stuck.Load()\n",
		},
		Harness: "diskfull", count: 24,
	},
	{
		Name: "a backup that fails leaves its copy", file: "internal/disk/backup.go",
		edits: []string{
			"	defer os.Remove(f.Name())\n	n, err = filled(f, fill)\n",
			`	defer func() {
		if err == nil {
			os.Remove(f.Name())
		}
	}()
	n, err = filled(f, fill)
`,
		},
		Harness: "diskfull", count: 24,
	},
}
