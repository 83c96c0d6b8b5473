package command

// synonyms are what people try first, by the verb that does it. Names that are only mistyped are found without.
var synonyms = map[string][]string{
	"mupsert":           {"bulk"},
	"upsert":            {"merge", "save"},
	"create":            {"insert", "add", "new", "post"},
	"replace":           {"put", "createorreplace"},
	"update":            {"set", "patch", "modify"},
	"delete":            {"remove", "rm", "del"},
	"get":               {"read", "show", "find"},
	"exists":            {"has"},
	"list":              {"ls", "search", "query", "scan", "keys", "indexes", "documents"},
	"delete-index":      {"drop-index", "drop"},
	"delete-collection": {"drop-collection", "drop"},
	"truncate":          {"clear", "empty"},
	"watch":             {"subscribe", "follow", "tail"},
	"changes":           {"feed", "log", "history"},
	"stats":             {"info", "status"},
	"check":             {"verify", "validate", "fsck"},
	"backup":            {"copy", "snapshot"},
	"restore":           {"recover"},
	"compact":           {"vacuum", "shrink"},
	"bench":             {"benchmark", "measure", "speed"},
	"dump":              {"dumpall"},
	"load":              {"undump"},
	"salvage":           {"rescue", "repair"},
}
