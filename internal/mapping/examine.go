package mapping

import (
	"iter"
	"slices"
	"strconv"
)

// The close look at a document: what Elasticsearch refuses, in the order in which it reads, and in which column.

// Check returns what is wrong with a document, nil if nothing is, and then the mapping that holds from there on:
// another one, if the document has fields that are new to a dynamic mapping. id is that of the document.
func (m *Mapping) Check(t Text, id string) (*Mapping, *Objection) {
	x := examiner{w: t.w, id: id, m: m}
	if o := x.document(t.members); o != nil {
		return m, o
	}
	return x.learned()
}

// examiner goes through the text of a document.
type examiner struct {
	w      writer
	id     string
	m      *Mapping
	nested int  // how many nested objects there were
	isLast bool // the member of the document that is looked at is the last one
	inferred
}

// spot is a value, and the column in which it begins.
type spot struct {
	value []byte
	start int
	end   int // of a value that no text has, see wrapped: the column of what Elasticsearch read last; 0 of others
}

// lastToken is the column of what Elasticsearch reads last of a value.
func (x *examiner) lastToken(v spot) int {
	switch {
	case v.end > 0:
		return v.end
	case isObject(v.value), isArray(v.value):
		return v.start + x.w.width(v.value) - len("}")
	}
	return v.start
}

// document checks all members of a document.
func (x *examiner) document(members []member) *Objection {
	n := 0
	for column, m := range x.placed(members, len("{")+1) {
		n++
		x.isLast = n == len(members)
		if o := x.member(x.m.root, m, column); o != nil {
			return o
		}
	}
	return nil
}

// placed steps through members with the columns in which they begin, of which the first is given.
func (x *examiner) placed(members []member, column int) iter.Seq2[int, member] {
	return func(yield func(int, member) bool) {
		for _, m := range members {
			if !yield(column, m) {
				return
			}
			column += x.w.width(m.key) + len(":") + x.w.width(m.value) + len(",")
		}
	}
}

// member checks a member of an object, which begins in a column.
func (x *examiner) member(of *field, m member, column int) *Objection {
	name := unquoted(m.key)
	if reason := refusedName(name, joined(of.path, name)); reason != "" {
		return at(column, reason)
	}
	v := spot{value: m.value, start: column + x.w.width(m.key) + len(":")}
	if of == x.m.root && slices.Contains(metadataFields, name) {
		return x.metadata(v, name)
	}
	return x.field(of, nameParts(name), v, column)
}

// field checks a value of a field by the parts of its name, which lead from one object into the next. column is where
// the name begins.
func (x *examiner) field(of *field, parts []string, v spot, column int) *Objection {
	for i, part := range parts {
		isLast := i == len(parts)-1
		next := x.lookup(of, part)
		switch {
		case next == nil && of.dynamic == "strict":
			if isLast {
				column = v.start
			}
			return x.strict(of, part, column)
		case next == nil && of.dynamic != "true":
			return nil
		case next == nil && isLast:
			return x.infer(of, part, v)
		case next == nil:
			var o *Objection
			if next, o = x.newObject(of, part, column); next == nil {
				return o
			}
		case isLast:
			return x.value(next, v, part)
		case !next.isObject():
			return x.value(next, x.wrapped(parts[i+1:], v), part)
		}
		of = next
	}
	return nil
}

// lookup returns a field of an object: of the mapping, or an object that this document has brought.
func (x *examiner) lookup(of *field, name string) *field {
	if next := of.fields[name]; next != nil {
		return next
	}
	return x.objects[joined(of.path, name)]
}

func (x *examiner) strict(of *field, name string, column int) *Objection {
	path := of.path
	if path == "" {
		path = "_doc"
	}
	return at(column, "mapping set to strict, dynamic introduction of ["+name+"] within ["+path+"] is not allowed")
}

// wrapped is the object that a name with dots means, where the value is that of a field within it.
func (x *examiner) wrapped(parts []string, v spot) spot {
	end := x.lastToken(v)
	object := v.value
	for _, part := range slices.Backward(parts) {
		object = slices.Concat([]byte{'{'}, quoted(part), []byte{':'}, object, []byte{'}'})
	}
	return spot{object, v.start, end}
}

// value checks a value of a field; name is null within an array.
func (x *examiner) value(f *field, v spot, name string) *Objection {
	switch {
	case f.isObject():
		return x.object(f, v, name)
	case isArray(v.value) && !f.whole:
		for _, e := range x.elements(v.value, v.start) {
			if o := x.value(f, e, "null"); o != nil {
				return o
			}
		}
		return nil
	case isNull(v.value) && f.hasNull():
		return nil
	}
	if o := x.alone(f, v); o != nil {
		return o
	}
	for _, to := range f.copies {
		if o := x.alone(to, v); o != nil {
			return o
		}
	}
	return nil
}

// alone checks a value of a field and of its sub-fields.
func (x *examiner) alone(f *field, v spot) *Objection {
	if !f.values.fits(v.value) {
		if r, ok := f.values.(refuser); ok {
			return r.refuse(x, f, v)
		}
		return x.malformed(f.path, f.typ, v)
	}
	for _, sub := range f.subs {
		if o := x.alone(sub, v); o != nil {
			return o
		}
	}
	return nil
}

// object checks a value of a field that is mapped as an object; name is null within an array.
func (x *examiner) object(f *field, v spot, name string) *Objection {
	switch {
	case isNull(v.value):
		return nil
	case isArray(v.value):
		for _, e := range x.elements(v.value, v.start) {
			if o := x.object(f, e, "null"); o != nil {
				return o
			}
		}
		return nil
	case !isObject(v.value):
		return at(v.start, "object mapping for ["+f.path+"] tried to parse field ["+name+"] as object, "+
			"but found a concrete value")
	}
	if f.nested {
		if x.nested++; x.nested > x.m.limits.nested {
			return at(v.start, "The number of nested documents has exceeded the allowed limit of ["+
				strconv.Itoa(x.m.limits.nested)+"]. This limit can be set by changing the "+
				"[index.mapping.nested_objects.limit] index level setting.")
		}
	}
	for column, m := range x.placed(prepared(v.value), v.start+len("{")) {
		if o := x.member(f, m, column); o != nil {
			return o
		}
	}
	return nil
}

// malformed refuses a value that is none of its field's type.
func (x *examiner) malformed(path, kind string, v spot) *Objection {
	column := v.start
	if isObject(v.value) {
		column = x.lastToken(v)
	}
	return x.preview(path, kind, column, javaText(v.value))
}

// preview refuses a value that is shown as such a text.
func (x *examiner) preview(path, kind string, column int, text string) *Objection {
	return at(column, "failed to parse field ["+path+"] of type ["+kind+"] in document with id '"+x.id+
		"'. Preview of field's value: '"+text+"'")
}

// elements returns the values within an array that begins in a column, those of arrays within it too: Elasticsearch
// sees one list.
func (x *examiner) elements(array []byte, column int) (list []spot) {
	before := 0 // bytes of the array, up to which the column is known
	for i, e := range values(array) {
		column += i - before // commas and brackets
		list = append(list, spot{value: e, start: column})
		column += x.w.width(e)
		before = i + len(e)
	}
	return list
}

// metadata refuses the first value of one of Elasticsearch's own fields, whatever it is, but that _doc_count may be a
// number of documents. So an array without any value passes.
func (x *examiner) metadata(v spot, name string) *Objection {
	if isArray(v.value) {
		for _, e := range x.elements(v.value, v.start) {
			if o := x.metadata(e, name); o != nil {
				return o
			}
		}
		return nil
	}
	o := x.malformed(name, name, v)
	if name != "_doc_count" {
		return o.because(positioned(v.start, "Field ["+name+"] is a metadata field and cannot be added inside a document. "+
			"Use the index API request parameters."))
	} else if isPositive(v.value) {
		return nil
	}
	return o
}

// isPositive says whether a value is an integer above 0.
func isPositive(value []byte) bool {
	n, err := strconv.ParseInt(javaScriptNumber(value), 10, 32)
	return err == nil && n > 0
}
