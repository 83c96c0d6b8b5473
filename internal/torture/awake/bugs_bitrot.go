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
		Name: "documents and the tail are read without their checksum", file: "record.go",
		edits: []string{
			"	return len(value) >= checksumSize && binary.BigEndian.Uint32(value) == checksum(key, value)",
			"	return len(value) >= checksumSize",
		},
		Harness: "bitrot", count: 300,
	},
	{
		Name: "Check does not count documents", file: "check.go",
		edits: []string{
			"	if documents != b.Sequence() {",
			"	if false {",
		},
		Harness: "bitrot", count: 300,
	},
	{
		Name: "the format of the file is not looked at", file: "file.go",
		edits: []string{
			"		if format[0] != formatVersion {",
			"		if false {",
		},
		Harness: "bitrot", count: 300,
	},
	{
		Name: "the places of elements in a page are not checked", file: "internal/boltfile/layout.go",
		edits: []string{
			"	case e.start != next:",
			"	case false:",
		},
		Harness: "bitrot", count: 4000,
	},
}
