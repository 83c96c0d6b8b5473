package query

// The score of nested objects: what those that match make of theirs (Elasticsearch: score_mode).

// nestedMode is how the scores of nested objects make one.
type nestedMode string

// The modes. "" is nestedAverage.
const (
	nestedAverage nestedMode = "avg"
	nestedSum     nestedMode = "sum"
	nestedLeast   nestedMode = "min"
	nestedMost    nestedMode = "max"
	nestedNone    nestedMode = "none" // the score is 0
)

func (n nested) weigh(c *compiler) (part, error) {
	if c.marking != nil {
		t, err := n.compile(c)
		return part{test: t}, err
	}
	if c.scoring == nil || n.mode == nestedNone {
		t, err := c.plain(n)
		return part{t, func(*document) float32 { return 0 }}, err
	}
	inner := *c
	inner.nested, inner.texts, inner.scoring = n.path, &texts{clauses: c.texts.clauses}, &scoring{}
	s, err := inner.scorer(n.node)
	if err != nil {
		return part{}, err
	}
	c.moves = c.moves || inner.moves
	c.texts.clauses = inner.texts.clauses
	objects, err := c.objects(&n)
	if err != nil {
		return part{}, err
	}
	if s.NeedsStatistics() {
		c.scoring.observe(func(d *document) {
			objects.eachObject(d, func(object []byte) { s.Observe(d.ident(), object) })
		})
		c.scoring.settle(s.Settle)
	}
	return part{
		objects.some(func(d *document, v []byte) bool { return v[0] == '{' && s.matcher.Match(d.ident(), v) }),
		func(d *document) float32 { return n.mode.of(d, objects, s) },
	}, nil
}

// eachObject calls do with the nested objects of a field.
func (f *field) eachObject(d *document, do func(object []byte)) {
	f.some(func(_ *document, v []byte) bool {
		if v[0] == '{' {
			do(v)
		}
		return false
	})(d)
}

// of returns the score of a document for its nested objects.
func (m nestedMode) of(d *document, objects *field, s *Scorer) float32 {
	sum := &nestedScore{mode: m}
	objects.eachObject(d, func(object []byte) {
		one, ok, err := s.Score(d.ident(), object)
		if err != nil {
			d.err = err
		}
		if ok {
			sum.add(float64(one))
		}
	})
	return sum.score()
}

// nestedScore is the score of some nested objects.
type nestedScore struct {
	mode  nestedMode
	n     int
	value float64
}

func (s *nestedScore) add(one float64) {
	s.n++
	switch {
	case s.n == 1:
		s.value = one
	case s.mode == nestedLeast:
		s.value = min(s.value, one)
	case s.mode == nestedMost:
		s.value = max(s.value, one)
	default:
		s.value += one
	}
}

func (s *nestedScore) score() float32 {
	if s.mode == nestedAverage || s.mode == "" {
		return float32(s.value / float64(s.n))
	}
	return float32(s.value)
}

// readScoreMode reads how the scores of nested objects make one.
func readScoreMode(into *nestedMode) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		*into = nestedMode(scalarText(raw))
		switch *into {
		case nestedAverage, nestedSum, nestedLeast, nestedMost, nestedNone:
			return nil
		}
		return c.wrong("No score mode for child query [%s] found", *into)
	}
}
