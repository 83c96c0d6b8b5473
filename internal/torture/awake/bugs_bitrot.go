package awake

// bitrotBugs are of what is not looked at.
var bitrotBugs = []bug{
	{
		Name: "blocks of the feed are read without their checksum", file: "change.go",
		edits: []string{
			"	if !sealed(key, b) {",
			"	if false {",
		},
		Harness: "bitrot", count: 2500,
	},
	{
		Name: "documents and counts are read without their checksum", file: "record.go",
		edits: []string{
			"	return len(value) >= checksumSize && binary.BigEndian.Uint32(value) == checksum(key, value)",
			"	return len(value) >= checksumSize",
		},
		Harness: "bitrot", count: 600,
	},
	{
		Name: "the format of the file is not looked at", file: "internal/disk/open.go",
		edits: []string{
			"	case format[0] < op.opts.Format:",
			"	case format[0] != op.opts.Format && op.opts.Format == 0:",
		},
		Harness: "bitrot", count: 600,
	},
	{
		Name: "the state of the log is read without its checksum", file: "internal/disk/state.go",
		edits: []string{
			" || binary.BigEndian.Uint32(b) != stateSum(b) {",
			" {",
		},
		Harness: "bitrot", count: 1000,
	},
	{
		Name: "the checksum of a record is not looked at", file: "internal/segment/read.go",
		edits: []string{
			"	if crc32.Update(sum, castagnoli, payload) != r.sum {\n",
			"	if crc32.Update(sum, castagnoli, payload) != r.sum && false {\n",
		},
		Harness: "bitrot", count: 2500,
	},
	{
		Name: "a damaged record ends the log", file: "internal/segment/read.go",
		edits: []string{
			"	c.Damage, err = findDamage(r, s.at, size, s.end)\n",
			"",
		},
		Harness: "bitrot", count: 2500,
	},
}
