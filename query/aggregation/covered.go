package aggregation

import (
	seam "github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// Aggregation is for the store: an Input is a kuzzlite.Aggregation.
func (in *Input) Aggregation() seam.Aggregation {
	document := func(id string, doc []byte, sequence uint64) *Document {
		in.document = Document{Index: in.name, ID: id, Source: doc, Sequence: sequence}
		return &in.document
	}
	a := seam.Aggregation{
		Add: func(id string, doc []byte, sequence uint64) error { return in.Add(document(id, doc, sequence)) },
	}
	if in.needsAll {
		a.Any = func(id string, doc []byte, sequence uint64) error { return in.AddAny(document(id, doc, sequence)) }
		return a
	}
	if fields, ok := in.plan.values(nil); ok {
		in.valued(&a, fields)
	}
	return a
}

// ofValues is a definition that counts with the values of fields, and with nothing else of documents, in any order.
type ofValues interface{ ofValues() }

func (*termsOf) ofValues()         {}
func (*rareTerms) ofValues()       {}
func (*ranges) ofValues()          {}
func (*histogram) ofValues()       {}
func (*dateHistogram) ofValues()   {}
func (*missing) ofValues()         {}
func (*metric) ofValues()          {}
func (*stats) ofValues()           {}
func (*valueCount) ofValues()      {}
func (*weightedAverage) ofValues() {}
func (*cardinality) ofValues()     {}

// values appends the fields that the sub-aggregations count with. ok is false if they look at more of documents, or at
// nested objects.
func (p *plan) values(fields []*field) (all []*field, ok bool) {
	for _, sub := range p.subs {
		if _, ok := sub.definition.(ofValues); !ok {
			return nil, false
		}
		for _, f := range sub.fields {
			if f.Leaves {
				return nil, false
			}
			fields = append(fields, f)
		}
		if fields, ok = sub.values(fields); !ok {
			return nil, false
		}
	}
	return fields, true
}

// valued has an aggregation take values.
func (in *Input) valued(a *seam.Aggregation, fields []*field) {
	a.Fields = []seam.ValueField{}
	var slots []int
	at := map[string]int{}
	for _, f := range fields {
		for i, path := range f.Paths[:len(f.slots)] {
			n, known := at[path]
			if !known {
				n = len(slots)
				at[path] = n
				slots = append(slots, f.slots[i])
				a.Fields = append(a.Fields, seam.ValueField{Path: path, Floats: true})
			}
			a.Fields[n].Spelled = a.Fields[n].Spelled || f.spelled()
			a.Fields[n].Floats = a.Fields[n].Floats && !f.spelled() && len(f.slots) == 1
		}
	}
	o, scope, own := &in.object, in.object.scope, &entryValues{}
	for _, slot := range slots {
		own.of = append(own.of, make([]entryValue, max(0, slot+1-len(own.of)))...)
	}
	in.r.turns += 1 << 40 // no two calls have the same turns
	first := in.r.turns
	a.Values = func(values []seam.Value) error {
		known := o.entry == own // what is there is of the entry before
		if !known {
			o.document, o.raw, o.entry = &in.document, nil, own
		}
		o.serial++
		for i, slot := range slots {
			v, to := &values[i], &own.of[slot]
			if known && to.turn == first+v.Turn {
				continue
			}
			wasFloat := known && to.isFloat
			*to = entryValue{turn: first + v.Turn, float: v.Float, isFloat: v.IsFloat}
			if !wasFloat || !v.IsFloat { // otherwise there is no JSON to take away
				o.values.Put(&scope.fields, slot, v.JSON)
			}
		}
		return in.add(o)
	}
}

// spelled says whether it counts how numbers are written. Without a mapping that matters for dates only: 2018 is one,
// and 2018.0 is none.
func (f *field) spelled() bool { return f.Class != docvalues.Any || f.asDate }
