package command

import "fmt"

// synonyms are what people try first, by the verb that does it. Names that are only mistyped are found without.
var synonyms = map[string][]string{
	"mupsert":           {"bulk"},
	"upsert":            {"merge", "save"},
	"create":            {"insert", "add", "new", "post"},
	"replace":           {"put", "createorreplace"},
	"update":            {"set", "patch", "modify"},
	"delete":            {"remove", "rm", "del"},
	"get":               {"read", "show"},
	"exists":            {"has"},
	"list":              {"ls", "scan", "keys", "indexes", "documents"},
	"find":              {"query", "select", "where", "filter", "histogram"},
	"search":            {"match", "rank", "fulltext"},
	"aggregate":         {"group", "group-by", "sum", "average", "facets"},
	"delete-by-query":   {"delete-where", "remove-by-query", "delete-many"},
	"update-by-query":   {"update-where", "update-many"},
	"field-index":       {"index", "ensure-index", "add-index", "create-field-index", "delete-field-index", "reindex"},
	"mapping":           {"mappings", "schema", "update-mapping", "put-mapping", "types"},
	"delete-collection": {"drop-collection"},
	"truncate":          {"clear", "empty"},
	"watch":             {"subscribe", "follow", "tail"},
	"changes":           {"feed", "log", "history"},
	"consumers":         {"list-consumers", "subscriptions"},
	"create-consumer":   {"add-consumer", "new-consumer"},
	"consume":           {"poll", "read-consumer"},
	"acknowledge":       {"ack"},
	"delete-consumer":   {"drop-consumer", "forget", "unsubscribe"},
	"push":              {"sync", "send", "forward", "replicate"},
	"outbox":            {"letters", "dead-letters", "queue"},
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

// guesses are words that may mean two verbs, of which one costs more than the other. Both are told, with what they do.
var guesses = map[string]string{
	"drop-index": "  `kuzzlite field-index drop` drops an index of fields, and no document is lost;\n" +
		"  `kuzzlite delete-index` deletes collections with all their documents\n",
	"drop": "  `kuzzlite field-index drop` drops an index of fields, and no document is lost;\n" +
		"  `kuzzlite delete-collection` and `kuzzlite delete-index` delete documents for good\n",
}

// adviceOnGuess returns the advice on an unknown verb, from cobra's error; "" if there is none.
func adviceOnGuess(text string) string {
	word := ""
	if _, err := fmt.Sscanf(text, "unknown command %q for ", &word); err != nil {
		return ""
	}
	return guesses[word]
}

// flagSynonyms are what people try first, by the flag that does it.
var flagSynonyms = map[string][]string{
	"db":           {"database", "store", "path", "data"},
	"yes":          {"force", "assume-yes", "no-confirm"},
	"force":        {"overwrite", "replace", "yes"},
	"limit":        {"max", "count", "size", "top"},
	"query":        {"where", "filter", "elasticsearch", "dsl"},
	"sort":         {"order", "order-by", "sort-by"},
	"max-scan":     {"max-scanned", "scan"},
	"dry-run":      {"simulate", "count", "what-if"},
	"explain":      {"plan", "analyze"},
	"since":        {"from", "after", "offset", "sequence"},
	"after":        {"from", "start-after", "offset", "cursor"},
	"from":         {"start", "begin", "since"},
	"until":        {"to", "end", "before"},
	"reverse":      {"desc", "descending", "backwards"},
	"ids":          {"keys", "keys-only", "ids-only"},
	"fields":       {"select", "columns", "paths"},
	"id-field":     {"id", "key", "primary-key", "id-column"},
	"separator":    {"delimiter", "sep", "delim"},
	"create":       {"init", "new", "make", "create-store"},
	"atomic":       {"transaction", "all-or-nothing"},
	"keep-going":   {"continue", "ignore-errors", "skip-errors"},
	"batch":        {"batch-size", "chunk", "chunk-size"},
	"follow":       {"tail", "watch"},
	"if-version":   {"version", "expected-version", "expect-version"},
	"expire-after": {"ttl", "expires-in"},
	"expire-at":    {"expires", "expires-at"},
	"body":         {"data", "json", "content"},
	"file":         {"input"},
	"out":          {"output"},
	"wait":         {"timeout", "lock-timeout"},
	"dir":          {"directory", "path"},
	"metadata":     {"kuzzle-info"},
}
