package automaton

import "errors"

// Options are those of a regexp clause. The zero value has their defaults.
type Options struct {
	Flags Flags // the parts of the syntax that are on; All by default

	// CaseInsensitive lets ASCII letters match in either case. Letters of ranges ([a-z]) and other letters stay as
	// they are.
	CaseInsensitive bool

	// MaxStates limits the effort of compiling the pattern; 0 stands for DefaultMaxStates. Where a part of the
	// pattern is turned into a deterministic automaton, the sizes of the sets of states that are looked at must add
	// up to less than ten times as much, and a repetition such as {9} may not make more states.
	MaxStates int
}

// Regexp compiles a regular expression of Lucene. The errors have the texts of Elasticsearch, such as "expected ')'
// at position 3", or "Determinizing (a|b)*a(a|b){20} would require more than 100 effort.". Positions count units of
// UTF-16.
func Regexp(pattern string, o Options) (*Automaton, error) {
	n, err := parse(pattern, o.Flags, o.CaseInsensitive)
	if err != nil {
		return nil, err
	}
	w := &workshop{limit: o.MaxStates}
	if w.limit == 0 {
		w.limit = DefaultMaxStates
	}
	g, err := w.graph(n, o.CaseInsensitive)
	if e := (*tooComplex)(nil); errors.As(err, &e) {
		return nil, fail("Determinizing %s would require more than %d effort.", pattern, e.limit)
	}
	if err != nil {
		return nil, err
	}
	if g, err = w.minimize(g); err != nil {
		return nil, err
	}
	return compile(g), nil
}
