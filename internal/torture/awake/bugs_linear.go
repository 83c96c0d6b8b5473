package awake

// linearBugs are of calls that meet.
var linearBugs = []bug{
	{
		Name: "the version is checked outside the turn", file: "upsert.go",
		edits: []string{
			"	r := received{position: position, id: u.ID, cond: condition{u.IfVersion, u.IfAbsent}}\n",
			`	if u.IfVersion != 0 {
		if d, _ := p.col.Get(context.Background(), u.ID); d.Version == u.IfVersion {
			u.IfVersion = 0
		}
	}
	r := received{position: position, id: u.ID, cond: condition{u.IfVersion, u.IfAbsent}}
`,
		},
		Harness: "linear", count: 100,
	},
	{
		Name: "Mutate writes over what has moved", file: "write.go",
		edits: []string{
			"opts.IfVersion, opts.IfAbsent = doc.Version, doc.Version == 0",
			"opts.IfVersion, opts.IfAbsent = 0, false",
		},
		Harness: "linear", count: 50,
	},
	{
		Name: "MGet reads in several states", file: "collection.go",
		edits: []string{
			"	return find(ctx, c, ids, func(id string, key, b []byte) (Document, bool, error) {\n",
			`	all := &Found[Document]{Errors: []string{}, Successes: []Document{}}
	for _, id := range ids {
		doc, err := c.Get(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound):
			all.Errors = append(all.Errors, id)
		case err != nil:
			return nil, err
		default:
			all.Successes = append(all.Successes, doc)
		}
	}
	if len(ids) > 0 {
		return all, nil
	}
	return find(ctx, c, ids, func(id string, key, b []byte) (Document, bool, error) {
`,
		},
		Harness: "linear", count: 2000,
	},
	{
		Name: "a view takes its overlays outside the lock", file: "internal/disk/view.go",
		edits: []string{
			"	e.pair.RLock()\n	defer e.pair.RUnlock()\n	if active == nil {\n",
			"	if active == nil {\n",
		},
		Harness: "linear", count: 600,
	},
	{
		Name: "a call that was written says that it was cancelled", file: "commit.go",
		edits: []string{
			"	err = pending.Wait()\n",
			"	if err = pending.Wait(); err == nil {\n		err = ctx.Err()\n	}\n",
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
		Name: "one retry more than was allowed", file: "write.go",
		edits: []string{
			"retries{opts.RetryOnConflict}",
			"retries{opts.RetryOnConflict + 1}",
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
		Name: "Compact copies a key again that a slice has changed", file: "internal/disk/mirror.go",
		edits: []string{
			"bytes.Compare(key, m.key) <= 0)",
			"bytes.Compare(key, m.key) < 0)",
		},
		Harness: "linear", count: 2000,
	},
	{
		Name: "a conflict is told before its cause is durable", file: "commit.go",
		edits: []string{
			"	err = pending.Wait()\n",
			"	if !t.wrote {\n		return failure\n	}\n	err = pending.Wait()\n",
		},
		Harness: "linearcrash", count: 200,
	},
	{
		Name: "a batch is published before the system has it", file: "internal/disk/journal.go",
		edits: []string{
			"	err := log.Flush()\n	if err == nil && durably {\n",
			"	if version != nil {\n		j.published.Store(version)\n	}\n	hook(&afterSync)\n	err := log.Flush()\n	if err == nil && durably {\n",
		},
		Harness: "linearcrash", count: 200,
	},
}
