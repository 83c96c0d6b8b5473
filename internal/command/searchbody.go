package command

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// searchBody are the flags that stand for keys of the body of a search.
type searchBody struct {
	from, size  int
	after       string
	minScore    float32
	trackScores bool
	sort        sorting
}

func (b *searchBody) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&b.sort.given, "sort", nil,
		"`FIELDS` to sort by, with commas between them; -FIELD is descending; or Elasticsearch's JSON")
	flags.BoolVar(&b.sort.missingFirst, "missing-first", false, "with --sort, documents that lack the field come first")
	flags.IntVar(&b.from, "from", 0, "how many hits to leave out")
	flags.IntVar(&b.size, "size", 0, "how many hits to list; default 10, with --all: all")
	flags.Lookup("size").DefValue = "0" // so that the help does not show another default
	flags.StringVar(&b.after, "after", "", `the `+"`VALUES`"+` of --sort behind which hits begin, an array: "sort" of the last hit`)
	flags.Float32Var(&b.minScore, "min-score", 0, "leave out hits with lower scores")
	flags.BoolVar(&b.trackScores, "track-scores", false, "have scores with a --sort that has none in it")
}

// merge adds the flags that are given to a body, which may be empty.
func (b *searchBody) merge(cmd *cobra.Command, body []byte) ([]byte, error) {
	if b.from < 0 || b.size < 0 {
		return nil, usage("--from and --size must be whole numbers, 0 or more")
	}
	members := []struct{ flag, key, value string }{
		{"from", "from", strconv.Itoa(b.from)},
		{"size", "size", strconv.Itoa(b.size)},
		{"after", "search_after", b.after},
		{"min-score", "min_score", strconv.FormatFloat(float64(b.minScore), 'g', -1, 32)},
		{"track-scores", "track_scores", strconv.FormatBool(b.trackScores)},
	}
	order, err := b.order()
	if err != nil {
		return nil, err
	}
	if order != "" {
		members = append(members, struct{ flag, key, value string }{"sort", "sort", order})
	}
	body = bytes.TrimSpace(body)
	for _, m := range members {
		switch {
		case !cmd.Flags().Changed(m.flag):
			continue
		case hasKey(body, m.key):
			return nil, usage("give --%s or %q in SEARCH, not both", m.flag, m.key)
		case !json.Valid([]byte(m.value)):
			return nil, usage(`--%s must be JSON, such as [4.5,"us"]`, m.flag)
		case m.flag == "after" && !strings.HasPrefix(strings.TrimSpace(m.value), "["):
			return nil, usage(`--after must be an array with a value for each field of --sort, such as [4.5,"us"]`)
		}
		body = withMember(body, m.key, m.value)
	}
	return body, nil
}

// withMember adds a member to an object. What is no object stays as it is, to be refused by whoever reads it.
func withMember(object []byte, key, value string) []byte {
	if len(object) == 0 {
		object = []byte("{}")
	}
	inside, ok := bytes.CutSuffix(object, []byte("}"))
	if !ok || object[0] != '{' {
		return object
	}
	merged := append([]byte(nil), inside...)
	if len(bytes.TrimSpace(inside)) > 1 {
		merged = append(merged, ',')
	}
	return append(append(append(appendJSON(merged, key), ':'), value...), '}')
}

// order returns the JSON of --sort, "" if it is not given. A score has no option for what is missing.
func (b *searchBody) order() (string, error) {
	order, err := b.sort.order()
	if err != nil || order == nil {
		return "", err
	}
	if len(b.sort.given) == 1 && isSortJSON(b.sort.given[0]) {
		return b.sort.given[0], nil
	}
	var keys []any
	for _, text := range b.sort.given {
		if text == "" {
			continue
		}
		list, err := splitList(text)
		if err != nil {
			return "", err
		}
		for _, field := range list {
			keys = append(keys, b.key(field))
		}
	}
	return string(appendJSON(nil, keys)), nil
}

// key returns one key of the order as Elasticsearch has it.
func (b *searchBody) key(field string) any {
	name, descending := strings.CutPrefix(field, "-")
	direction := "asc"
	if descending {
		direction = "desc"
	}
	switch {
	case name == "_score":
		return map[string]string{name: "desc"}
	case name == "_doc" || !b.sort.missingFirst:
		return map[string]string{name: direction}
	}
	return map[string]map[string]string{name: {"order": direction, "missing": "_first"}}
}
