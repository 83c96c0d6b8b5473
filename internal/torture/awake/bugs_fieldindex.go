package awake

// fieldIndexBugs are of field indexes: of the entries that documents have there, of what is unique, and of builds.
var fieldIndexBugs = []bug{
	{
		Name: "field index: entries stay when their document is updated", file: "fill.go",
		edits: []string{
			"failed = cmp.Or(failed, err); own {\n", "failed = cmp.Or(failed, err); own && s.op == OpDelete {\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "field index: entries stay when their document is deleted", file: "fill.go",
		edits: []string{
			"failed = cmp.Or(failed, err); own {\n", "failed = cmp.Or(failed, err); own && s.op != OpDelete {\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "field index: entries stay when their document expires", file: "expire.go",
		edits: []string{
			"		for _, key := range entries[i] {\n			t.batch.Delete(bucket, key)\n		}\n",
			"		_ = set\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "field index: entries come before those of other documents go", file: "fieldindexentries.go",
		edits:   []string{"	case a.goes:\n		return -1\n", "	case b.goes:\n		return -1\n"},
		Harness: "tests", count: 1, tests: ". ^TestUnique",
	},
	{
		Name: "field index: unique is what the store has, without the call itself", file: "fieldindexwrite.go",
		edits: []string{
			"	if id, ok := s.owners[string(key)]; ok {\n",
			"	if id, ok := s.owners[string(key)]; ok && id == \"\" {\n",
		},
		Harness: "kills", count: 300,
	},
	{
		Name: "field index: what a call frees stays taken until the next call", file: "fieldindexwrite.go",
		edits: []string{
			"			s.owners[string(before[i].Key)] = \"\"\n", "			s.owners[string(before[i].Key)] = id\n",
		},
		Harness: "kills", count: 300,
	},
	{
		Name: "field index: a unique entry goes with a document that does not own it", file: "fieldindexentries.go",
		edits:   []string{"	if !e.Unique {\n", "	if !e.Unique || len(id) > 0 {\n"},
		Harness: "kills", count: 400,
	},
	{
		Name: "field index: what has expired keeps its unique entries", file: "fieldindexwrite.go",
		edits:   []string{"	if due(expiryOf(b), s.now) {\n", "	if b == nil {\n"},
		Harness: "kills", count: 800,
	},
	{
		Name: "field index: no document is refused that is not unique", file: "fieldindexwrite.go",
		edits:   []string{"		if owner != \"\" && owner != id {\n", "		if owner != \"\" && owner != id && len(id) == 0 {\n"},
		Harness: "model", count: 500,
	},
	{
		Name: "field index: a turn of building skips the document behind it", file: "fieldindexbuild.go",
		edits: []string{
			"			p.atEnd = false\n", "			p.atEnd, p.last = false, string(key[1:])\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "field index: a build does not know what writers change meanwhile", file: "fieldindexwrite.go",
		edits: []string{
			"	if s.owners == nil || expired {\n		return entries, nil\n",
			`	entries.List = slices.DeleteFunc(entries.List, func(e fieldindex.Entry) bool {
		return slices.ContainsFunc(s.indexes.Indexes, func(d fieldindex.Definition) bool {
			return d.Build != nil && d.Number == fieldindex.NumberOf(e.Key)
		})
	})
	if s.owners == nil || expired {
		return entries, nil
`,
			"	\"fmt\"\n", "	\"fmt\"\n	\"slices\"\n",
		},
		Harness: "kills", count: 200,
	},
	{
		Name: "field index: a build that goes on begins at the end", file: "fieldindexbuild.go",
		edits: []string{
			"	if known := all.Find(d.Name); known != nil {\n",
			"	if known := all.Find(d.Name); known != nil {\n		if known.Build != nil {\n			known.Build.After = \"zzz\"\n" +
				"			if err := t.putFieldIndexes(bucket, all); err != nil {\n				return err\n			}\n		}\n",
		},
		Harness: "kills", count: 100,
	},
	{
		Name: "field index: writers do not widen the shape", file: "fill.go",
		edits:   []string{"			shapes[n] = shapes[n].And(shape)\n", "			_, _ = n, shape\n"},
		Harness: "kills", count: 100,
	},
	{
		Name: "field index: a build does not widen the shape", file: "fieldindexbuild.go",
		edits:   []string{"	own.Shape = own.Shape.And(part.shape)\n", ""},
		Harness: "kills", count: 200,
	},
	{
		Name: "field index: truncate forgets the field indexes", file: "fieldindexkeep.go",
		edits:   []string{"	d := set.Clone()\n", "	return nil, nil\n	d := set.Clone()\n"},
		Harness: "kills", count: 100,
	},
	{
		Name: "field index: a field index that is dropped leaves its entries", file: "fieldindex.go",
		edits:   []string{"	t.batch.DeleteRange(bucket, from, to)\n", "	_, _ = from, to\n"},
		Harness: "kills", count: 100,
	},
	{
		Name: "field index: a definition is remembered under the collection's name alone", file: "fieldindexkeep.go",
		edits:   []string{"	if known.set != nil && bytes.Equal(known.stored, stored) {\n", "	if known.set != nil {\n"},
		Harness: "kills", count: 300,
	},
	{
		Name: "field index: a build takes an entry that another document owns", file: "fieldindexbuild.go",
		edits:   []string{"		if !due(expiryOf(b), p.now) {\n", "		if b == nil {\n"},
		Harness: "tests", count: 1, tests: ". ^TestUnique",
	},
	{
		Name: "field index: Check counts too few entries only", file: "checkfieldindex.go",
		edits:   []string{"n != present {", "n < present {"},
		Harness: "tests", count: 1, tests: ". ^TestCheckFieldIndex",
	},
	{
		Name: "field index: Check does not miss entries", file: "checkfieldindex.go",
		edits:   []string{"	case l.covers(i, id):\n", "	case l.covers(i, id) && id == \"\":\n"},
		Harness: "tests", count: 1, tests: ". ^TestCheckFieldIndex",
	},
	{
		Name: "field index: Check does not look whose a unique entry is", file: "checkfieldindex.go",
		edits:   []string{" && bytes.Equal(value, e.Value(id)):", " && (bytes.Equal(value, e.Value(id)) || true):"},
		Harness: "tests", count: 1, tests: ". ^TestCheckFieldIndex",
	},
	{
		Name: "field index: Check does not look at the shape", file: "checkfieldindex.go",
		edits:   []string{"		if r.expires != 0 {\n			continue //", "		if r.expires >= 0 {\n			continue //"},
		Harness: "tests", count: 1, tests: ". ^TestCheckFieldIndex",
	},
	{
		Name: "field index: Check does not see entries of no index", file: "checkfieldindex.go",
		edits:   []string{"	for number, n := range l.indexes.stored {\n", "	for number, n := range map[uint32]uint64{} {\n"},
		Harness: "tests", count: 1, tests: ". ^TestCheckFieldIndex",
	},
	{
		Name: "field index: definitions are read without their checksum", file: "fieldindexkeep.go",
		edits:   []string{"	if !sealed(keyFieldIndexes, stored) {\n", "	if len(stored) < checksumSize {\n"},
		Harness: "tests", count: 1, tests: ". ^TestCheckFieldIndex",
	},
	{
		Name: "field index: a word that stays keeps its old places", file: "internal/fieldindex/entries.go",
		edits:   []string{" || order == 0 && !bytes.Equal(before[0].Places, after[0].Places) {", " {"},
		Harness: "kills", count: 200,
	},
	{
		Name: "field index: only the first value of a field has words", file: "internal/fieldindex/words.go",
		edits:   []string{"		case !hasWords(v):\n", "		case !hasWords(v) || s.Tokens() > 0:\n"},
		Harness: "kills", count: 400,
	},
	{
		Name: "field index: only one point of a document has an entry", file: "internal/fieldindex/cells.go",
		edits:   []string{"	m.cells = slices.Compact(m.cells)\n", "	m.cells = m.cells[:min(1, len(m.cells))]\n"},
		Harness: "kills", count: 400,
	},
	{
		Name: "field index: words of what is overwritten stay counted", file: "corpus.go",
		edits:   []string{"			changes[i].Subtract(before[i])\n", "			_ = before\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindWordsModel$",
	},
	{
		Name: "field index: one word goes on beyond the next document of another", file: "searchmeet.go",
		edits:   []string{"l.ahead.Head(at) < limit; at++", "l.ahead.Head(at) <= limit; at++"},
		Harness: "tests", count: 1, tests: ". ^TestSearchWordsModel$",
	},
	{
		Name: "field index: a score is remembered for which the document was read", file: "searchmeet.go",
		edits:   []string{"; alike && err == nil {", "; (alike || true) && err == nil {"},
		Harness: "tests", count: 1, tests: ". ^TestSearchWordsModel$",
	},
	{
		Name: "field index: words of what expires stay counted", file: "expire.go",
		edits:   []string{"	if less != nil {\n", "	if less != nil && t == nil {\n"},
		Harness: "tests", count: 1, tests: ". ^TestSearchWordsModel$",
	},
	{
		Name: "field index: words that are cut are where they were before", file: "internal/fieldindex/words.go",
		edits:   []string{"	if isCut { //", "	if isCut && first < 0 { //"},
		Harness: "tests", count: 1, tests: "internal/fieldindex ^TestLongWords$",
	},
	{
		Name: "field index: the places of a word are not distances", file: "internal/fieldindex/words.go",
		edits:   []string{"		last = at\n", ""},
		Harness: "tests", count: 1, tests: "internal/fieldindex ^TestPlaces$",
	},
	{
		Name: "field index: a document may have any number of words", file: "internal/fieldindex/words.go",
		edits:   []string{"	if s.Len() > mostWords {\n", "	if s.Len() < 0 {\n"},
		Harness: "tests", count: 1, tests: "internal/fieldindex ^TestTooManyWords$",
	},
	{
		Name: "field index: a range of cells ends before the last one", file: "internal/fieldindex/cells.go",
		edits:   []string{"To: sortkey.After(last)}", "To: last}"},
		Harness: "tests", count: 1, tests: "internal/fieldindex ^TestCellSpan$",
	},
	{
		Name: "field index: points as Koncorde reads them have no entry", file: "query/language.go",
		edits:   []string{"	if p, ok := geo.KoncordePoint(value); ok {\n", "	if p, ok := geo.KoncordePoint(value); ok && len(dst) == 0 {\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindPlacesModel$",
	},
	{
		Name: "field index: entries that tell less than their documents are enough", file: "internal/fieldindex/values.go",
		edits:   []string{" && !s.Inexact && ", " && "},
		Harness: "tests", count: 1, tests: "internal/fieldindex ^TestTells$",
	},
	{
		Name: "field index: numbers that are written another way are as in the entry", file: "internal/fieldindex/values.go",
		edits:   []string{" && !(spelled && s.Respelled)", ""},
		Harness: "tests", count: 1, tests: "internal/fieldindex ^TestTells$",
	},
	{
		Name: "field index: one of before there were notes is taken for one without", file: "internal/fieldindex/values.go",
		edits:   []string{" && d.Noted && ", " && "},
		Harness: "tests", count: 1, tests: "internal/fieldindex ^TestTells$",
	},
}
