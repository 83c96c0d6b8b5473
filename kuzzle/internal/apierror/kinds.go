package apierror

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// kind is what Kuzzle says of an error id.
type kind struct {
	status, code int
	message      string // with %s for each value
}

// kinds are the errors of Kuzzle 2.56.0 that a server without plugins and cluster can have, by their ids. A line of
// the table has the id, the HTTP status, the code and the message, with \n for a new line.
var kinds = readKinds(kindsTable)

//go:embed kinds.tsv
var kindsTable string

func readKinds(table string) map[string]kind {
	kinds := map[string]kind{}
	for line := range strings.Lines(table) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		status, err := strconv.Atoi(fields[1])
		code, err2 := strconv.Atoi(fields[2])
		if err != nil || err2 != nil || len(fields) != 4 {
			panic(fmt.Sprintf("kinds.tsv: %q", line))
		}
		kinds[fields[0]] = kind{status, code, strings.ReplaceAll(fields[3], `\n`, "\n")}
	}
	return kinds
}
