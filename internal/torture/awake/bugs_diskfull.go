package awake

// diskfullBugs are of what is said and done when the disk is full.
var diskfullBugs = []bug{
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
}
