package query

import (
	"math"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The clause function_score.

// The modes of function_score, the first of which is the default.
var (
	scoreModes = []string{"multiply", "sum", "avg", "first", "max", "min"}
	boostModes = []string{"multiply", "replace", "sum", "avg", "max", "min"}
)

// functionReader reads a clause function_score.
type functionReader struct {
	functionScore
	single    weighted // a function that stands beside the query
	isSingle  bool     // there is one
	hasListed bool     // there is a list of functions
}

func (c clause) functionScore(raw []byte) (node, error) {
	r := functionReader{functionScore: functionScore{
		place: c, query: all{}, scoreMode: scoreModes[0], boostMode: boostModes[0], most: math.MaxFloat32,
	}}
	r.single.weight = 1
	known := readers{
		"query": func(c clause, raw []byte) (err error) { r.query, err = c.query(raw); return err },
		"functions": func(c clause, raw []byte) error {
			r.hasListed = true
			return r.readList(c, raw)
		},
		"score_mode": readOneOf(&r.scoreMode, "score_mode", scoreModes),
		"boost_mode": readOneOf(&r.boostMode, "boost_mode", boostModes),
		"max_boost":  func(c clause, raw []byte) (err error) { r.most, err = c.number("function_score", raw); return err },
		"min_score": func(c clause, raw []byte) error {
			n, err := c.number("function_score", raw)
			least := float32(n)
			r.least = &least
			return err
		},
	}
	for _, m := range members(raw) {
		at := c.at(m.key)
		read := known[m.key]
		var err error
		switch {
		case read != nil:
			err = read(at, m.value)
		case m.key == "boost" || m.key == "_name":
			err = at.option("function_score", m, nil)
		default:
			r.isSingle = true
			err = r.single.member(at, m)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case r.isSingle && r.hasListed:
		return nil, c.wrong("failed to parse [function_score] query. a function stands beside the [functions] array: put it " +
			"into the array")
	case r.isSingle:
		r.functions = []weighted{r.single}
	}
	return &r.functionScore, nil
}

// readOneOf reads one of several words.
func readOneOf(into *string, name string, words []string) func(clause, []byte) error {
	return func(c clause, raw []byte) error {
		if *into = strings.ToLower(scalarText(raw)); !slices.Contains(words, *into) {
			return c.wrong("[function_score] illegal %s [%s]: it is one of %s", name, *into, strings.Join(words, ", "))
		}
		return nil
	}
}

// readList reads the functions.
func (r *functionReader) readList(c clause, raw []byte) error {
	if !isArray(raw) {
		return c.wrong("failed to parse [function_score] query. array expected, but found [%s]", rawjson.Token(raw))
	}
	for i, e := range elements(raw) {
		at, w := c.element(i), weighted{weight: 1}
		if !isObject(e) {
			return at.wrong("failed to parse [function_score]. malformed query, expected a [START_OBJECT] while parsing functions "+
				"but got a [%s] instead", rawjson.Token(e))
		}
		list := members(e)
		for _, m := range list {
			var err error
			if m.key == "filter" {
				w.filter, err = at.at(m.key).query(m.value)
			} else {
				err = w.member(at.at(m.key), m)
			}
			if err != nil {
				return err
			}
		}
		if !slices.ContainsFunc(list, func(m member) bool { return m.key != "filter" }) {
			return at.wrong("an entry in functions list is missing a function.")
		}
		r.functions = append(r.functions, w)
	}
	return nil
}

// member reads a function, or its weight.
func (w *weighted) member(c clause, m member) (err error) {
	switch m.key {
	case "weight":
		if w.weight, err = c.number("function_score", m.value); err == nil && w.weight < 0 {
			err = c.illegal("[weight] cannot be negative for a filtering function")
		}
		return err
	case "random_score", "script_score":
		return c.wrong("[function_score] [%s] is not supported", m.key)
	case "field_value_factor", "gauss", "exp", "linear":
	default:
		return c.wrong("[function_score] query does not support [%s]", m.key)
	}
	switch {
	case w.of != nil:
		return c.wrong("failed to parse function_score functions. already found another function, now encountering [%s].", m.key)
	case !isObject(m.value):
		return c.wrong("[%s] must be an object", m.key)
	case m.key == "field_value_factor":
		w.of, err = c.fieldFactor(m.value)
	default:
		w.of, err = c.decay(m.key, m.value)
	}
	return err
}

// fieldFactor reads a field_value_factor.
func (c clause) fieldFactor(raw []byte) (*fieldFactor, error) {
	const name = "field_value_factor"
	f := &fieldFactor{place: c, factor: 1, modifier: modifiers["none"]}
	for _, m := range members(raw) {
		at, err := c.at(m.key), error(nil)
		switch m.key {
		case "field":
			f.field = scalarText(m.value)
		case "factor":
			f.factor, err = at.number(name, m.value)
			f.factor = float64(float32(f.factor))
		case "missing":
			f.missing = new(float64)
			*f.missing, err = at.number(name, m.value)
		case "modifier":
			if f.modifier = modifiers[strings.ToLower(scalarText(m.value))]; f.modifier == nil {
				err = at.illegal("unknown modifier [%s]", scalarText(m.value))
			}
		default:
			err = at.wrong("[%s] query does not support [%s]", name, m.key)
		}
		if err != nil {
			return nil, err
		}
	}
	if f.field == "" {
		return nil, c.wrong("[field_value_factor] required field 'field' missing")
	}
	return f, nil
}

// decay reads a function that falls with a distance.
func (c clause) decay(shape string, raw []byte) (*decay, error) {
	f := &decay{place: c, shape: shape, share: 0.5, mode: modeMin}
	for _, m := range members(raw) {
		at := c.at(m.key)
		var err error
		switch {
		case m.key == "multi_value_mode":
			if f.mode, err = parseMode(strings.ToLower(scalarText(m.value))); err != nil || f.mode == modeMedian {
				err = at.illegal("Illegal sort mode: %s", scalarText(m.value))
			}
		case isObject(m.value) && f.field == "":
			f.field = m.key
			err = f.read(at, m.value)
		default:
			err = at.wrong("malformed score function score parameters: [%s] needs one field, and found [%s]", shape, m.key)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case f.field == "":
		return nil, c.wrong("malformed score function score parameters: [%s] needs a field", shape)
	case f.scale == nil:
		return nil, c.at(f.field).wrong("[scale] must be set for [%s]", shape)
	}
	return f, nil
}

// read reads what is said of the field.
func (f *decay) read(c clause, raw []byte) (err error) {
	for _, m := range members(raw) {
		switch m.key {
		case "origin":
			f.origin = m.value
		case "scale", "offset":
			if !isScalar(m.value) {
				return c.at(m.key).wrong("[%s] needs a number or a text, and not %s", m.key, rawjson.Token(m.value))
			}
			if m.key == "scale" {
				f.scale = m.value
			} else {
				f.offset = m.value
			}
		case "decay":
			if f.share, err = c.at(m.key).number(f.shape, m.value); err != nil {
				return err
			}
			if f.share <= 0 || f.share >= 1 {
				return c.at(m.key).illegal("decay must be in the range [0..1].")
			}
		default:
			return c.at(m.key).wrong("parameter [%s] not supported!", m.key)
		}
	}
	return nil
}
