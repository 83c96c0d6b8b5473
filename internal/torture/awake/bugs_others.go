package awake

// otherBugs are of harnesses that have one or two.
var otherBugs = []bug{
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
