package awake

// findBugs are of queries: of the keys that values have, of plans, and of the way of a query through an index. The tests
// that find them make random documents, field indexes and queries, and look at all documents.
var findBugs = []bug{
	{
		Name: "find: a bound that is in the range is left out", file: "internal/sortkey/span.go",
		edits:   []string{"	case b.Excluded:\n		return After(key)\n", "	case !b.Excluded:\n		return After(key)\n"},
		Harness: "tests", count: 1, tests: "internal/sortkey ^TestBetween$",
	},
	{
		Name: "find: a range of numbers ends before its upper bound", file: "internal/sortkey/span.go",
		edits:   []string{"	case b.Value[0] != '\"':\n		return After(key)\n", "	case b.Value[0] != '\"':\n		return key\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: an excluded number leaves out those that are cut to it", file: "internal/sortkey/span.go",
		edits: []string{
			"	case b.Value[0] != '\"': // other numbers may have the same key\n		return key\n",
			"	case b.Value[0] != '\"' && b.Excluded:\n		return After(key)\n	case b.Value[0] != '\"':\n		return key\n",
		},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: a range of strings that are cut ends at the hash", file: "internal/sortkey/span.go",
		edits:   []string{"		end[len(end)-1] = endBound\n", ""},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: a span of a descending field is one of an ascending field", file: "internal/fieldindex/definition.go",
		edits: []string{
			"	if d.Fields[len(equal)].Descending && !next.IsAbsent() {\n",
			"	if d.Fields[len(equal)].Descending && next.IsAbsent() {\n",
		},
		Harness: "tests", count: 1, tests: "internal/fieldindex ^TestSpan$",
	},
	{
		Name: "find: a span of a descending field has the other bound", file: "internal/fieldindex/definition.go",
		edits: []string{
			"		inverted.From = sortkey.After(append(slices.Clone(begin), directed(s.To, true)...))\n",
			"		inverted.From = append(slices.Clone(begin), directed(s.To, true)...)\n",
		},
		Harness: "tests", count: 1, tests: "internal/fieldindex ^TestSpan$",
	},
	{
		Name: "find: ids ascend behind a descending field", file: "internal/fieldindex/entries.go",
		edits:   []string{"return d.Fields[len(d.Fields)-1].Descending }", "return d.Fields[0].Descending && len(d.Fields) > MaxFields }"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: ids end where an id goes on with a zero", file: "internal/sortkey/sortkey.go",
		edits:   []string{"		dst = append(append(dst, text[:n]...), 0, endEscaped)\n", "		dst = append(append(dst, text[:n]...), 0)\n"},
		Harness: "tests", count: 1, tests: "internal/fieldindex ^TestEntryOrderOfIDs$",
	},
	{
		Name: "find: negative numbers lie in the order of their absolute values", file: "internal/sortkey/sortkey.go",
		edits:   []string{"		invert(dst[begin:])\n	}\n	return dst, cut\n", "	}\n	_ = begin\n	return dst, cut\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: a number of an odd number of digits loses the last one", file: "internal/sortkey/sortkey.go",
		edits:   []string{"	for i := 0; i < n; i += 2 {\n", "	for i := 0; i < max(n-n%2, 2); i += 2 {\n"},
		Harness: "tests", count: 1, tests: "internal/sortkey ^TestOrder$",
	},
	{
		Name: "find: a page begins with the last document of the page before", file: "findrun.go",
		edits:   []string{"bytes.Compare(m.key, f.after) <= 0 {", "bytes.Compare(m.key, f.after) < 0 {"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: a page by ids begins with the last document of the page before", file: "findrun.go",
		edits:   []string{"		if found {\n			at++\n		}\n", "		_ = found\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: the cursor is not turned for an index that is read backwards", file: "findcursor.go",
		edits:   []string{"		if reverse {\n			sortkey.Descend(rest[:n])\n		}\n", ""},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: the id of the cursor is not turned for an index that is read backwards", file: "findcursor.go",
		edits:   []string{"	return sortkey.AppendID(entry[:len(entry)-len(rest)], id, !order.Descending), nil\n", "	return sortkey.AppendID(entry[:len(entry)-len(rest)], id, order.Descending), nil\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: null comes before missing values where those come first", file: "internal/planner/index.go",
		edits:   []string{"		slices.Reverse(absent)\n", ""},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: two conditions must be met by one of several values", file: "internal/planner/index.go",
		edits:   []string{"		case !u.d.Shape.Multiple:\n			spans = intersect(", "		case len(spans) > 0:\n			spans = intersect("},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: an index of documents with several values gives the order", file: "internal/planner/index.go",
		edits:   []string{"len(rest) != len(r.Order) || u.d.Shape.Multiple || u.d.Shape.Cut {", "len(rest) != len(r.Order) || u.d.Shape.Cut {"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: an index of values that are cut gives the order", file: "internal/planner/index.go",
		edits:   []string{"len(rest) != len(r.Order) || u.d.Shape.Multiple || u.d.Shape.Cut {", "len(rest) != len(r.Order) || u.d.Shape.Multiple {"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: a sparse index finds documents without the field", file: "internal/planner/index.go",
		edits:   []string{"	combinations, present := 1, !u.d.Sparse\n", "	combinations, present := 1, true\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: a sparse index gives the order of all documents", file: "internal/planner/index.go",
		edits:   []string{"		if sorted && !d.Sparse && len(p.Order) > 0 {\n", "		if sorted && len(p.Order) > 0 {\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: documents without the first of two fields come where an index has them", file: "internal/planner/index.go",
		edits:   []string{"		if len(r.Order) > 1 && key.MissingFirst != turned {", "		if len(r.Order) > 2 && key.MissingFirst != turned {"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: several values of the first field give the order of the next", file: "internal/planner/index.go",
		edits:   []string{"bool { return len(points) != 1 })", "bool { return len(points) > 2 })"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: a union does without a part that has no plan", file: "internal/planner/planner.go",
		edits: []string{
			"		if err != nil || len(plans) == 0 {\n			return nil, err\n		}\n",
			"		if err != nil {\n			return nil, err\n		}\n		if len(plans) == 0 {\n			continue\n		}\n",
		},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: a union yields a document of two parts twice", file: "findcollect.go",
		edits:   []string{"	return slices.Compact(ids)\n", "	return ids\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: an intersection ends with the first id that only one has", file: "findcollect.go",
		edits:   []string{"			b = b[1:]\n		default:", "			return both\n		default:"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: more ids than are collected are left out", file: "findcollect.go",
		edits:   []string{"	return ids, len(ids) > maxCollected, nil\n", "	return ids[:min(len(ids), maxCollected)], false, nil\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: what has expired is found", file: "findrun.go",
		edits:   []string{"	if due(r.expires, f.now) || !f.filter", "	if !f.filter"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: of the first documents of an order the best one goes", file: "findsort.go",
		edits:   []string{"bytes.Compare(w[i].key, w[j].key) > 0 }", "bytes.Compare(w[i].key, w[j].key) < 0 }"},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: a query in a transaction reads the store", file: "collection.go",
		edits: []string{
			"	view := c.store.view\n	if c.tx != nil {\n", "	view := c.store.view\n	if c.tx != nil && c.name == \"\" {\n",
		},
		Harness: "tests", count: 1, tests: ". ^TestFindModel$",
	},
	{
		Name: "find: a query goes by an index that is being built", file: "findrun.go",
		edits:   []string{"if d := &set.Indexes[i]; d.Build == nil && (", "if d := &set.Indexes[i]; d.Number < 1000 && ("},
		Harness: "kills", count: 100,
	},
	{
		Name: "find: a word passes over the id at which another one is", file: "findwords.go",
		edits:   []string{".id, id) >= 0 {", ".id, id) > 0 {"},
		Harness: "tests", count: 1, tests: ". ^TestFindWordsModel$",
	},
	{
		Name: "find: a page of words begins with the last document of the page before", file: "findrun.go",
		edits:   []string{"			s.from = behind(string(f.after))\n", "			s.from = string(f.after)\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindWordsModel$",
	},
	{
		Name: "find: a page of words that ends early is the last one", file: "findwords.go",
		edits:   []string{"				s.from, s.atEnd = behind(id), false\n", "				s.from = behind(id)\n"},
		Harness: "tests", count: 1, tests: ". ^TestWordsOfLongDocuments$",
	},
	{
		Name: "find: a phrase is where its first word is first", file: "internal/planner/text.go",
		edits:   []string{"	for _, at := range places[p.Words[0]] {\n", "	for _, at := range places[p.Words[0]][:1] {\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindWordsModel$",
	},
	{
		Name: "find: a phrase of a field without a gap is within one value", file: "query/wordcondition.go",
		edits:   []string{"f.gap < analysis.PositionGap", "f.gap < 0"},
		Harness: "tests", count: 1, tests: ". ^TestFindWordsModel$",
	},
	{
		Name: "find: a phrase that may be apart must be together", file: "query/wordcondition.go",
		edits:   []string{"how.slop != 0", "how.slop < 0"},
		Harness: "tests", count: 1, tests: "query ^TestWordConditions$",
	},
	{
		Name: "find: an index of words serves other analyzers", file: "internal/planner/text.go",
		edits:   []string{" || c.Analyzer != d.Analyzer {", " {"},
		Harness: "tests", count: 1, tests: ". ^TestFindWordsModel$",
	},
	{
		Name: "find: a fuzzy word is that word", file: "query/wordcondition.go",
		edits:   []string{"	case how.fuzzy != nil && how.form <= formWordsPrefix:\n", "	case how.fuzzy != nil && how.form < 0:\n"},
		Harness: "tests", count: 1, tests: "query ^TestWordConditions$",
	},
	{
		Name: "find: a minimum of two words is all of them", file: "query/wordcondition.go",
		edits:   []string{"	case how.least(len(tokens)) >= len(tokens):\n", "	case how.least(len(tokens)) > 1:\n"},
		Harness: "tests", count: 1, tests: "query ^TestWordConditions$",
	},
	{
		Name: "find: an index of words gives an order", file: "internal/planner/index.go",
		edits:   []string{"		if d.Kind != fieldindex.Ordered {\n", "		if d.Kind == fieldindex.Geo {\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindWordsModel$",
	},
	{
		Name: "find: a copied text is in its own field", file: "query/wordcondition.go",
		edits:   []string{"	return wordField{f.paths, k.words, k.gap}, true\n", "	return wordField{[]string{name}, k.words, k.gap}, true\n"},
		Harness: "tests", count: 1, tests: "query ^TestWordConditions$",
	},
	{
		Name: "find: nothing is off the earth", file: "query/geocondition.go",
		edits:   []string{"	if offEarth {\n", "	if offEarth && mostRanges < 1 {\n"},
		Harness: "tests", count: 1, tests: ". ^TestFindPlacesModel$",
	},
	{
		Name: "find: null is no point in a mapping", file: "query/geocondition.go",
		edits:   []string{"!ok || k.null != nil {", "!ok || k == nil {"},
		Harness: "tests", count: 1, tests: "query ^TestGeoConditions$",
	},
	{
		Name: "find: a key of a flattened object is no field", file: "query/wordcondition.go",
		edits:   []string{"return s.fields[name] != nil || s.flattenedKey(name) != nil", "return s.fields[name] != nil"},
		Harness: "tests", count: 1, tests: "query ^TestWordConditions$",
	},
}
