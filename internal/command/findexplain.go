package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite"
)

// explanation runs the query, and says how that went.
func (f *finder) explanation(ctx context.Context, col anyCollection, q kuzzlite.Query) error {
	e, err := col.Explain(ctx, q, &f.options)
	if err != nil {
		return err
	}
	if f.asJSON || !f.app.out.terminal {
		err = f.app.out.line(appendJSON(nil, e))
	} else {
		err = f.app.out.facts(explained(e)...)
	}
	if err == nil && e.Advice != nil {
		fmt.Fprintf(f.app.stderr, "an index of fields would help:\n  %s\n", printable(f.advice(e.Advice)))
	}
	return err
}

// advice returns the command that makes an index.
func (f *finder) advice(index *kuzzlite.FieldIndex) string {
	verb := "field-index ensure"
	if index.Kind != kuzzlite.FieldIndexValues {
		verb += " --kind " + string(index.Kind)
	}
	if index.Analyzer != "" && index.Analyzer != defaultAnalyzer {
		verb += " --analyzer " + index.Analyzer
	}
	if fields := strings.Join(index.Fields, ","); index.Name != fields { // which another index is called
		verb += shellFlag("name", index.Name)
	}
	return f.app.hint(verb, f.args[0], f.args[1], joinList(index.Fields))
}

// explained is the explanation for people.
func explained(e *kuzzlite.Explanation) []fact {
	sorted := "no"
	if e.Sorted {
		sorted = "yes, after they were found"
	}
	return []fact{
		{name: "plan", text: e.Plan},
		{name: "estimated", text: counted(e.Estimated, "document")},
		{name: "examined", text: grouped(float64(e.Examined)) + " documents and index entries"},
		{name: "found", text: counted(e.Found, "document")},
		{name: "sorted", text: sorted},
		{name: "took", text: shortly(e.Took)},
	}
}
