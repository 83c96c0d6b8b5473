package automaton

import "fmt"

const (
	// DefaultMaxStates is the default of [Options.MaxStates], as in Elasticsearch (max_determinized_states).
	DefaultMaxStates = 10_000

	// maxWork bounds the steps that compiling a pattern takes, whatever MaxStates says, and so the edges that it
	// makes, and the entries of the table of the automaton, of four bytes each. Elasticsearch has no such limit.
	// Patterns that stay below DefaultMaxStates take far less.
	maxWork = 1 << 21

	// maxGraph bounds the states of each graph that compiling a pattern makes.
	maxGraph = 1 << 18

	// maxPattern bounds the code points of a regular expression, because parsing goes as deep as it is nested.
	// Elasticsearch allows 1,000 characters (index.max_regex_length), which the caller has to see to.
	maxPattern = 1 << 16
)

// tooComplex says that a pattern needs more effort than it may. It is what Lucene calls
// TooComplexToDeterminizeException.
type tooComplex struct {
	limit         int
	states, edges int // of the graph that was too complex
}

func (e *tooComplex) Error() string {
	return fmt.Sprintf("Determinizing automaton with %d states and %d transitions would require more than %d effort.",
		e.states, e.edges, e.limit)
}

// workshop builds graphs within its limits.
type workshop struct {
	limit int // of states: ten times as many members of sets of states may be looked at per determinization
	work  int // steps taken so far
}

// spend takes n steps for g. Its error is a *tooComplex.
func (w *workshop) spend(g *graph, n int) error {
	w.work += n
	if w.work > maxWork || len(g.edges) > maxGraph {
		return w.tooComplex(g)
	}
	return nil
}

func (w *workshop) tooComplex(g *graph) error {
	return &tooComplex{limit: w.limit, states: len(g.edges), edges: g.countEdges()}
}
