package awake

// linearBugs are of calls that meet.
var linearBugs = []bug{
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
}
