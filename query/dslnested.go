package query

func (c clause) nested(raw []byte) (node, error) {
	var n nested
	err := c.options("nested", raw, map[string]func(clause, []byte) error{
		"path": func(c clause, raw []byte) error {
			if isObject(raw) || isArray(raw) || isNull(raw) {
				return c.wrong("[nested] query does not support [path]")
			}
			n.path = scalarText(raw)
			return nil
		},
		"query":           func(c clause, raw []byte) (err error) { n.node, err = c.query(raw); return err },
		"ignore_unmapped": func(c clause, raw []byte) (err error) { n.ignoreUnmapped, err = c.flag(raw); return err },
		"score_mode":      readScoreMode(&n.mode),
		"inner_hits":      readInnerHits(&n.inner),
	})
	switch {
	case err != nil:
	case n.path == "":
		err = c.wrong("[nested] requires 'path' field")
	case n.node == nil:
		err = c.wrong("[nested] requires 'query' field")
	}
	return n, err
}

// readInnerHits reads which of the objects that match are shown.
func readInnerHits(into **innerDefinition) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		if !isObject(raw) {
			return c.wrong("[nested] query does not support [inner_hits]")
		}
		d, err := c.innerHits(raw)
		if err == nil && d.collapse != "" {
			err = c.at("collapse").wrong("[inner_hits] [collapse] is not supported in a nested query")
		}
		*into = d
		return err
	}
}
