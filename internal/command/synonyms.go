package command

// synonyms are what people try first, by the verb that does it. Names that are only mistyped are found without.
var synonyms = map[string][]string{
	"mupsert":           {"bulk", "load"},
	"upsert":            {"merge", "save"},
	"create":            {"insert", "add", "new", "post"},
	"replace":           {"put", "createorreplace"},
	"update":            {"set", "patch", "modify"},
	"delete":            {"remove", "rm", "del"},
	"import":            {"restore", "load"},
	"get":               {"read", "show", "find"},
	"exists":            {"has"},
	"list":              {"ls", "search", "query", "scan", "keys", "indexes", "documents"},
	"export":            {"dump"},
	"delete-index":      {"drop-index", "drop"},
	"delete-collection": {"drop-collection", "drop"},
	"truncate":          {"clear", "empty"},
	"watch":             {"subscribe", "follow", "tail"},
	"changes":           {"feed", "log", "history"},
	"stats":             {"info", "status"},
	"check":             {"verify", "validate", "fsck"},
	"backup":            {"copy", "snapshot"},
	"compact":           {"vacuum", "shrink"},
	"bench":             {"benchmark", "measure", "speed"},
}
