package query

import (
	"math"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/javanumber"
)

// function_score: the score of a query, and what functions of the document make of it.

// functionScore is such a clause.
type functionScore struct {
	place     clause
	query     node
	functions []weighted
	scoreMode string   // how the results of the functions make one
	boostMode string   // what that makes of the score
	most      float64  // the result of the functions, at most
	least     *float32 // documents with a smaller score do not match; nil: all match
}

// weighted is a function for the documents that match a condition.
type weighted struct {
	filter node     // nil: all
	of     function // nil: 1
	weight float64
}

// function makes a number of a document.
type function interface {
	function(c *compiler) (documentNumber, error)
}

// documentNumber is a number for a document. It has the error of a document without one in document.err.
type documentNumber func(d *document) float64

// condition: with a least score there are fewer documents, which all match the query.
func (f *functionScore) condition() filter.Condition { return conditionOf(f.query) }

func (f *functionScore) compile(c *compiler) (test, error) {
	if f.least == nil {
		return f.verified().compile(c)
	}
	outer := c.scoring
	c.scoring = &scoring{}
	defer func() { c.scoring = outer }()
	p, err := f.weigh(c)
	if err != nil {
		return nil, err
	}
	if len(c.scoring.observers) > 0 {
		return nil, f.place.at("min_score").wrong("[function_score] with [min_score] around a condition on words is for " +
			"searches that score: what matches depends on all documents")
	}
	for _, settle := range c.scoring.settlers {
		settle()
	}
	return p.test, nil
}

// verified returns the query, with the conditions of the functions beside it.
func (f *functionScore) verified() node {
	others := and{}
	for _, w := range f.functions {
		if w.filter != nil {
			others = append(others, w.filter)
		}
	}
	return verified{f.query, others}
}

func (f *functionScore) weigh(c *compiler) (part, error) {
	if c.marking != nil {
		return c.part(f.query)
	}
	if c.scoring == nil {
		t, err := f.compile(c)
		return part{test: t}, err
	}
	p, err := c.part(f.query)
	if err != nil {
		return p, err
	}
	list := make([]compiledFunction, len(f.functions))
	for i, w := range f.functions {
		if list[i], err = w.compile(c); err != nil {
			return part{}, err
		}
	}
	join, scored := joinOf(f.scoreMode), part{test: p.test, score: p.score}
	if len(list) > 0 {
		scored.score = func(d *document) float32 {
			return combined(f.boostMode, float64(p.score(d)), min(join(d, list), f.most))
		}
	}
	if f.least != nil {
		scored.test = func(d *document) bool { return p.test(d) && scored.score(d) >= *f.least }
	}
	return scored, nil
}

// compiledFunction is a function that is compiled.
type compiledFunction struct {
	meets  test
	of     documentNumber
	weight float64
}

func (w *weighted) compile(c *compiler) (f compiledFunction, err error) {
	f = compiledFunction{meets: allOf(nil), weight: w.weight}
	if w.filter != nil {
		if f.meets, err = c.plain(w.filter); err != nil {
			return f, err
		}
	}
	f.of = func(*document) float64 { return 1 }
	if w.of != nil {
		f.of, err = w.of.function(c)
	}
	return f, err
}

// joinOf returns what makes one number of those of the functions that a document has. That of none is 1.
func joinOf(mode string) func(d *document, list []compiledFunction) float64 {
	return func(d *document, list []compiledFunction) float64 {
		result, weights, n := 0.0, 0.0, 0
		for i := range list {
			f := &list[i]
			if !f.meets(d) {
				continue
			}
			one := f.of(d) * f.weight
			weights += f.weight
			n++
			switch {
			case n == 1:
				result = one
			case mode == "max":
				result = max(result, one)
			case mode == "min":
				result = min(result, one)
			case mode == "multiply":
				result *= one
			default:
				result += one
			}
			if mode == "first" {
				return result
			}
		}
		switch {
		case n == 0, weights == 0 && (mode == "avg" || mode == "sum"):
			return 1
		case mode == "avg":
			return result / weights
		}
		return result
	}
}

// combined returns what a score and the result of functions make together.
func combined(mode string, score, result float64) float32 {
	switch mode {
	case "replace":
		return float32(result)
	case "sum":
		return float32(score + result)
	case "avg":
		return float32((score + result) / 2)
	case "max":
		return float32(max(score, result))
	case "min":
		return float32(min(score, result))
	}
	return float32(score * result)
}

// fieldFactor is the function field_value_factor: the smallest value of a field, times a factor, changed by a modifier.
type fieldFactor struct {
	place    clause
	field    string
	factor   float64
	modifier func(float64) float64
	missing  *float64 // the value of documents without one; nil: that is an error
}

// modifiers are those of field_value_factor.
var modifiers = map[string]func(float64) float64{
	"none":       func(n float64) float64 { return n },
	"log":        math.Log10,
	"log1p":      func(n float64) float64 { return math.Log10(n + 1) },
	"log2p":      func(n float64) float64 { return math.Log10(n + 2) },
	"ln":         math.Log,
	"ln1p":       math.Log1p,
	"ln2p":       func(n float64) float64 { return math.Log1p(n + 1) },
	"square":     func(n float64) float64 { return n * n },
	"sqrt":       math.Sqrt,
	"reciprocal": func(n float64) float64 { return 1 / n },
}

func (f *fieldFactor) function(c *compiler) (documentNumber, error) {
	if c.schema != nil && c.schema.fields[f.field] == nil && f.missing == nil {
		return nil, f.place.wrong("Unable to find a field mapper for field [%s]. No 'missing' value defined.", f.field)
	}
	values, err := c.numbers(f.field)
	if err != nil {
		return nil, f.place.located(err)
	}
	return func(d *document) float64 {
		var n float64
		switch list := values(d); {
		case len(list) > 0:
			n = modeMin.of(list)
		case f.missing != nil:
			n = *f.missing
		default:
			d.err = f.place.wrong("Missing value for field [%s]", f.field)
			return 0
		}
		result := f.modifier(n * f.factor)
		if math.IsNaN(result) || result < 0 {
			d.err = f.place.wrong("field value function must not produce negative scores, but got: [%v] for field value: [%v]",
				result, n)
			return 0
		}
		return result
	}, nil
}

// numbers returns the values of a field as numbers: dates count as milliseconds, and without a mapping only what is a
// number in JSON counts.
func (c *compiler) numbers(name string) (func(d *document) []float64, error) {
	f := c.field(name)
	if f == nil {
		return func(*document) []float64 { return nil }, nil
	}
	number := func(_ *document, v []byte) (float64, bool) {
		n, err := javanumber.Parse(string(v), 64)
		return n, err == nil && isNumber(v)
	}
	if _, untyped := f.kind.(anyKind); !untyped {
		o, err := orderingOf(name, f.kind)
		if err != nil || o.key == nil {
			typ, _ := f.kind.(named)
			return nil, plainly("field [%s] is of type [%s], but only numeric types are supported.", name, typ.typeName())
		}
		number = func(d *document, v []byte) (float64, bool) {
			key, ok := o.key(d, v)
			if o.bits > 0 {
				return floatOfKey(key), ok
			}
			return float64(key), ok
		}
	}
	return func(d *document) (list []float64) {
		for _, slot := range f.slots {
			for _, v := range d.valuesOf(slot) {
				if n, ok := number(d, v); ok {
					list = append(list, n)
				}
			}
		}
		return list
	}, nil
}
