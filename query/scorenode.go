package query

import "github.com/kuzzlite/kuzzlite/internal/filter"

// The conditions that differ from others in scores only.

type (
	// fixed is a condition whose matches all have one score.
	fixed struct {
		node  node
		score float32
	}

	// raised is a condition whose scores are multiplied.
	raised struct {
		node  node
		boost float32
	}

	// maybe are conditions of which none must match: those that do add to the score.
	maybe []node

	// best is met if one of several conditions is, and scores as the best of them; share is how much of the scores of the
	// others is added.
	best struct {
		list  or
		share float32
	}

	// demoted are the matches of a condition: those that match another one, too, have their score multiplied.
	demoted struct {
		node, negative node
		boost          float32
	}
)

// matched returns the condition that says what a node matches, if that only adds a score.
func matched(n node) node {
	switch n := n.(type) {
	case fixed:
		return matched(n.node)
	case raised:
		return matched(n.node)
	case demoted:
		return matched(n.node)
	case *functionScore:
		return matched(n.query)
	case *lookedUp:
		return n.list
	}
	return n
}

func (f fixed) compile(c *compiler) (test, error)   { return f.node.compile(c) }
func (f fixed) condition() filter.Condition         { return conditionOf(f.node) }
func (r raised) compile(c *compiler) (test, error)  { return r.node.compile(c) }
func (r raised) condition() filter.Condition        { return conditionOf(r.node) }
func (b best) compile(c *compiler) (test, error)    { return b.list.compile(c) }
func (b best) condition() filter.Condition          { return b.list.condition() }
func (d demoted) compile(c *compiler) (test, error) { return verified{d.node, d.negative}.compile(c) }
func (d demoted) condition() filter.Condition       { return conditionOf(d.node) }

func (m maybe) compile(c *compiler) (test, error) {
	if _, err := c.tests(m); err != nil {
		return nil, err
	}
	return all{}.compile(c)
}

func (f fixed) weigh(c *compiler) (part, error) {
	if c.marking != nil {
		since := c.marked()
		outer := c.marking.unscored
		c.marking.unscored = true
		p, err := c.part(f.node)
		c.marking.unscored = outer
		if isTerms(f.node) {
			c.markAsOne(since)
		}
		return p, err
	}
	t, err := c.plain(f.node)
	defer c.boosted(f.score)()
	return c.constant(t), err
}

func (r raised) weigh(c *compiler) (part, error) {
	defer c.boosted(r.boost)()
	return c.part(r.node)
}

func (m maybe) weigh(c *compiler) (part, error) {
	since := c.marked()
	parts, err := c.parts(m)
	if c.marking != nil && c.marking.unscored {
		c.gate(since, func(*document) bool { return false })
	}
	return part{func(*document) bool { return true }, sumOf(parts)}, err
}

func (b best) weigh(c *compiler) (part, error) {
	parts, err := c.parts(b.list)
	return part{anyOf(testsOf(parts)), bestOf(parts, b.share)}, err
}

func (d demoted) weigh(c *compiler) (part, error) {
	negative, err := c.plain(d.negative)
	if err != nil {
		return part{}, err
	}
	outer := c.boost
	defer func() { c.boost = outer }()
	c.boost = 1
	p, err := c.part(d.node)
	score := p.score
	p.score = func(document *document) float32 {
		factor := 1.0
		if negative(document) {
			factor = float64(d.boost)
		}
		return float32(float64(outer) * (factor * float64(score(document))))
	}
	return p, err
}

// The score of conditions that are joined is the sum of theirs; what must not match adds nothing.

// weigh: without any condition the score is that of match_all.
func (a and) weigh(c *compiler) (part, error) {
	parts, err := c.parts(a)
	if len(a) == 0 {
		return c.constant(allOf(nil)), err
	}
	return part{allOf(testsOf(parts)), sumOf(parts)}, err
}

func (o or) weigh(c *compiler) (part, error) {
	parts, err := c.parts(o)
	return part{anyOf(testsOf(parts)), sumOf(parts)}, err
}

func (a atLeast) weigh(c *compiler) (part, error) {
	parts, err := c.parts(a.list)
	return part{metBy(a.least, testsOf(parts)), sumOf(parts)}, err
}

func (n not) weigh(c *compiler) (part, error) {
	if c.marking != nil {
		t, err := c.plain(n)
		return part{test: t}, err
	}
	return fixed{n, 0}.weigh(c)
}

func (v verified) weigh(c *compiler) (part, error) {
	if _, err := c.plain(v.other); err != nil {
		return part{}, err
	}
	return c.part(v.node)
}

func (m mappedNode) weigh(c *compiler) (p part, err error) {
	inner := m.compiler(c)
	p, err = inner.part(m.node)
	c.moves = c.moves || inner.moves
	return p, err
}
