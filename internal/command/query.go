package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
	"github.com/spf13/cobra"
)

// Where a verb takes its query from: the argument QUERY is in the short language, and there is a flag for each of the
// other languages. The query keeps its text, to be sent to a server that has the store open.

// languages are those other than the short one, by their flags.
var languages = []struct {
	flag, help string
	language   wire.Language
}{
	{"query", "the query in the `JSON` of Elasticsearch, or @FILE, @- for standard input", wire.Elasticsearch},
	{"koncorde", "the query as a Koncorde filter in `JSON`, or @FILE, @-, as in realtime", wire.Koncorde},
}

// maxQuery is how many bytes a query from a file may have.
const maxQuery = 16 << 20

// queryHelp is for all verbs that take a query.
const queryHelp = `QUERY is one argument, in quotes: magnitude.value > 5 and network = "us". A condition is FIELD =
VALUE, or with !=, <, <=, > or >=; FIELD in (VALUE, VALUE), FIELD exists, FIELD missing, FIELD like "al*", FIELD
=~ "regexp", FIELD ~ "words", or FIELD within 100km of (61.2, -149.9). Conditions are joined by and, or, not and
brackets. A FIELD is a path of keys with dots between them, a VALUE a JSON value; strings may have single quotes.
--query takes a query in the JSON of Elasticsearch instead, --koncorde a Koncorde filter.`

// querySource are the flags of the languages.
type querySource struct {
	texts  []string
	writes bool // the verb writes what the query finds
}

func (s *querySource) flags(cmd *cobra.Command) {
	s.texts = make([]string, len(languages))
	for i, l := range languages {
		cmd.Flags().StringVar(&s.texts[i], l.flag, "", l.help)
	}
}

// flag returns the language whose flag is given, -1 if none is.
func (s *querySource) flag(cmd *cobra.Command) (given int, err error) {
	given = -1
	for i, l := range languages {
		switch {
		case !cmd.Flags().Changed(l.flag):
		case given >= 0:
			return 0, usage("give --%s or --%s, not both", languages[given].flag, l.flag)
		default:
			given = i
		}
	}
	return given, nil
}

// read returns the query, nil if there is none, and the arguments that are left.
func (s *querySource) read(a *app, cmd *cobra.Command, args []string) (q kuzzlite.Query, rest []string, err error) {
	given, err := s.flag(cmd)
	switch {
	case err != nil:
		return nil, nil, err
	case given >= 0:
		q, err = s.parse(a, given)
		return q, args, err
	case len(args) == 0:
		return nil, nil, nil
	case strings.TrimSpace(args[0]) == "":
		return nil, nil, usage("QUERY is blank")
	}
	parsed, err := wire.ParseQuery(wire.Short, args[0])
	if err != nil {
		return nil, nil, shortLanguageError(args[0], err)
	}
	return parsed, args[1:], nil
}

// readOnly is read for verbs that take no other arguments.
func (s *querySource) readOnly(a *app, cmd *cobra.Command, args []string) (kuzzlite.Query, error) {
	q, rest, err := s.read(a, cmd, args)
	if err == nil && len(rest) > 0 {
		return nil, usage("give the query as an argument or with a flag, not both")
	}
	return q, err
}

// required is the error of a verb that does nothing without a query.
func required(q kuzzlite.Query) error {
	if q == nil {
		return usage("QUERY is missing")
	}
	return nil
}

// shortLanguageError is about a text that is no query in the short language.
func shortLanguageError(text string, err error) error {
	f := &failure{code: exitUsage, err: err}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		f.hint = "a query in JSON comes after --" + languages[0].flag
	}
	return f
}

// parse reads the query of a flag.
func (s *querySource) parse(a *app, given int) (kuzzlite.Query, error) {
	l, text := languages[given], []byte(s.texts[given])
	if name, isFile := strings.CutPrefix(s.texts[given], "@"); isFile {
		var err error
		if text, err = readQueryFile(name, a.stdin); err != nil {
			return nil, err
		}
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, usage("--%s is empty: it must be JSON, or @FILE", l.flag)
	}
	if s.writes && isEmptyObject(text) {
		return nil, usage(`--%s {} matches all documents: if that is meant, write --query '{"match_all":{}}'`, l.flag)
	}
	q, err := wire.ParseQuery(l.language, string(text))
	if err != nil {
		f := &failure{code: exitUsage, err: fmt.Errorf("--%s: %w", l.flag, err)}
		if text[0] == '{' && hasKey(text, "query") {
			f.hint = "--" + l.flag + ` takes the value of "query" of a search request, and flags are for the rest`
		}
		return nil, f
	}
	return q, nil
}

// isEmptyObject says whether a text is {}.
func isEmptyObject(text []byte) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(text, &object) == nil && object != nil && len(object) == 0
}

// readQueryFile reads a query from a file, or from standard input.
func readQueryFile(name string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxQuery+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read query: %w", err)
	case len(text) > maxQuery:
		return nil, usage("the query is longer than %d bytes", maxQuery)
	}
	return text, nil
}

// withQuery checks the arguments of a verb that takes a query behind INDEX and COLLECTION, and nothing else: a query of
// several words is likely to lack its quotes.
func withQuery(cmd *cobra.Command, args []string) error {
	if len(args) > 3 {
		return &failure{exitUsage, fmt.Errorf("QUERY must be one argument, and there are %d", len(args)-2),
			"put quotes around the query: '" + strings.ReplaceAll(strings.Join(args[2:], " "), "'", `"`) + "'"}
	}
	return positional(cmd, args)
}

// queryLimits are what a query may cost.
type queryLimits struct {
	timeout time.Duration
	maxScan int
}

// The defaults of the limits, which are those of kuzzlite.FindOptions.
const (
	defaultQueryTime = time.Minute
	defaultMaxScan   = 10_000_000
)

func (l *queryLimits) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.DurationVar(&l.timeout, "timeout", defaultQueryTime, "how long the query may take; 0: as long as it takes")
	f.IntVar(&l.maxScan, "max-scan", defaultMaxScan,
		"how many `documents` and entries of field indexes the query may look at; -1: any number")
}

// apply takes the limits into the options of a query.
func (l *queryLimits) apply(o *kuzzlite.FindOptions) error {
	switch {
	case l.timeout < 0:
		return badDuration("timeout")
	case l.maxScan == 0 || l.maxScan < -1:
		return usage("--max-scan must be a whole number, 1 or more, or -1 for any number")
	}
	o.Timeout, o.MaxScan = l.timeout, l.maxScan
	if o.Timeout == 0 {
		o.Timeout = -1
	}
	return nil
}

// exceeded says what helps with a query that costs more than it may; other errors are returned as they are.
func (l *queryLimits) exceeded(ctx context.Context, err error) error {
	fieldIndex := "an index of the fields makes the query faster: see `kuzzlite field-index --help`;\n"
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return &failure{exitStore, fmt.Errorf("the query took longer than %v", l.timeout),
			fieldIndex + "a larger --timeout gives it more time"}
	case errors.Is(err, kuzzlite.ErrTooLarge):
		return &failure{exitStore, err, fieldIndex + "a larger --max-scan lets it look at more, a --limit keeps less"}
	}
	return err
}
