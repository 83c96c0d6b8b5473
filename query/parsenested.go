package query

// operatorWords are the operators that are words. Behind any they make a field of it.
var operatorWords = []string{"in", "not", "like", "exists", "missing", "within"}

// nested reads "any path (condition)". ok is false, and nothing read, if any is a field here.
func (p *parser) nested() (n node, ok bool, err error) {
	if p.now.kind != tokenWord || !p.now.is("any") {
		return nil, false, nil
	}
	before := *p
	if err := p.advance(); err != nil {
		return nil, false, err
	}
	path := p.now
	isPath := path.kind == tokenField || path.kind == tokenWord
	for _, w := range operatorWords {
		if path.is(w) {
			isPath = false
		}
	}
	if !isPath {
		*p = before
		return nil, false, nil
	}
	if err := p.advance(); err != nil {
		return nil, false, err
	}
	if !p.now.is("(") {
		return nil, false, p.wrong("expected a condition in brackets behind any %s, not %s", path.text, p.now.shown())
	}
	inner, err := p.unary()
	if err != nil {
		return nil, false, err
	}
	return nested{path: path.text, node: inner}, true, nil
}
