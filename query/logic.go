package query

import "slices"

// The conditions that join others.

type (
	all    struct{}
	none   struct{}
	and    []node
	or     []node
	not    struct{ node node }
	faulty struct{ err error } // a query that could not be made
	ids    []string
)

func (all) compile(*compiler) (test, error)      { return func(*document) bool { return true }, nil }
func (none) compile(*compiler) (test, error)     { return func(*document) bool { return false }, nil }
func (f faulty) compile(*compiler) (test, error) { return nil, f.err }

func (a and) compile(c *compiler) (test, error) {
	tests, err := c.tests(a)
	if err != nil {
		return nil, err
	}
	return allOf(tests), nil
}

// allOf is met if all of several tests are.
func allOf(tests []test) test {
	if len(tests) == 1 {
		return tests[0]
	}
	return func(d *document) bool {
		for _, t := range tests {
			if !t(d) {
				return false
			}
		}
		return true
	}
}

func (o or) compile(c *compiler) (test, error) {
	tests, err := c.tests(o)
	if err != nil {
		return nil, err
	}
	return anyOf(tests), nil
}

// anyOf is met if one of several tests is.
func anyOf(tests []test) test {
	if len(tests) == 1 {
		return tests[0]
	}
	return func(d *document) bool {
		for _, t := range tests {
			if t(d) {
				return true
			}
		}
		return false
	}
}

// tests compiles a list of nodes.
func (c *compiler) tests(list []node) ([]test, error) {
	tests := make([]test, len(list))
	for i, n := range list {
		var err error
		if tests[i], err = n.compile(c); err != nil {
			return nil, err
		}
	}
	return tests, nil
}

func (n not) compile(c *compiler) (test, error) {
	defer c.unmarked()()
	t, err := n.node.compile(c)
	if err != nil {
		return nil, err
	}
	return func(d *document) bool { return !t(d) }, nil
}

func (list ids) compile(*compiler) (test, error) {
	sorted := slices.Compact(slices.Sorted(slices.Values(list)))
	return func(d *document) bool {
		_, ok := slices.BinarySearch(sorted, d.ident())
		return ok
	}, nil
}
