package query

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/internal/javanumber"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Orders by the types of fields that a schema says. A value has the key that its kind compares it by in a range.

// ordered is a kind whose values have an order.
type ordered interface {
	// ordering returns the order, or Elasticsearch's reason why there is none.
	ordering() (*ordering, error)
}

// ordering is how the values of a kind compare: by whole numbers, or by texts.
type ordering struct {
	key  keyOf // nil: by texts
	bits int   // the width of a number with a point, of which keys are floatKeys; 0: keys are the numbers

	// read reads the value of a string or a boolean for Behind; nil: as a number.
	read func(text string) (int64, error)

	text func(d *document, v []byte) ([]byte, bool)
}

// byType orders by the values of a field of the schema.
func (k *orderKey) byType(c *compiler) (made madeKey, err error) {
	kind, paths, err := k.fieldOf(c)
	if err != nil {
		return made, err
	}
	o, err := orderingOf(k.Field, kind)
	if err != nil {
		return made, err
	}
	values, err := k.values(c, paths)
	if err != nil {
		return made, err
	}
	if f, ok := kind.(*flattenedKind); ok && !f.keyed {
		values = leavesOf(values)
	}
	if o.key != nil {
		made, err = k.byNumber(o, values)
		made.show = k.showNumber(o)
	} else {
		made, err = k.byText(o, values)
		made.show = k.showText(kind)
	}
	return made, err
}

// fieldOf returns the kind of the field, and where its values are.
func (k *orderKey) fieldOf(c *compiler) (kind, []string, error) {
	if k.Field == "_id" {
		return nil, nil, errByID()
	}
	s := c.schema.fields[k.Field]
	if s == nil {
		s = c.schema.flattenedKey(k.Field)
	}
	around := k.nested.deepest()
	if k.nested == nil {
		around = c.nested
	}
	switch {
	case s != nil && s.nested != around:
		return s.kind, nil, nil // other nested objects are not in sight
	case s != nil:
		return s.kind, s.paths, nil
	case slices.Contains(metadataFields, k.Field):
		return nil, nil, plainly("sorting by the field [%s] is not supported", k.Field)
	case k.unmapped == "":
		return nil, nil, plainly("No mapping found for [%s] in order to sort on", k.Field)
	}
	p := params{name: k.Field, key: k.Field, typ: k.unmapped}
	if _, ok := p.known(); !ok {
		return nil, nil, plainly("No mapper found for type [%s]", k.unmapped)
	}
	kind, err := p.kind()
	return kind, nil, err
}

// errByID is the error of the order by _id.
func errByID() error {
	return &DSLError{
		Reason: "Fielddata access on the _id field is disallowed, you can re-enable it by updating the dynamic cluster " +
			"setting: indices.id_field_data.enabled",
		detail: "documents that are equal come by their ids anyway",
	}
}

// orderingOf returns how the values of a kind compare.
func orderingOf(field string, k kind) (*ordering, error) {
	if o, ok := k.(ordered); ok {
		return o.ordering()
	}
	return nil, plainly("sorting by the field [%s] is not supported", field)
}

// byNumber orders by whole numbers, or by the floatKeys of others.
func (k *orderKey) byNumber(o *ordering, values valueSource) (made madeKey, err error) {
	var missing int64
	if k.missing != nil {
		if missing, err = o.number(k.missing); err != nil {
			return made, err
		}
	}
	mode := k.modeOf()
	made.add = func(dst []byte, w *orderWork) []byte {
		w.numbers = w.numbers[:0]
		for _, v := range values(w) {
			if n, ok := o.key(&w.document, v); ok {
				w.numbers = append(w.numbers, n)
			}
		}
		switch {
		case len(w.numbers) > 0:
			return k.number(dst, o.of(mode, w))
		case k.missing == nil:
			return k.absent(dst)
		}
		return k.number(dst, missing)
	}
	made.addValue = func(dst, value []byte) ([]byte, error) {
		n, err := o.value(value)
		switch {
		case err != nil:
			return nil, err
		case k.missing == nil && n == o.farthest(k.Descending == k.MissingFirst):
			return k.absent(dst), nil
		}
		return k.number(dst, n), nil
	}
	return made, nil
}

// number appends the key of a number.
func (k *orderKey) number(dst []byte, n int64) []byte {
	dst = append(dst, tagPresent)
	return k.turned(binary.BigEndian.AppendUint64(dst, uint64(n)^1<<63), len(dst))
}

// value returns the key of a value that documents come behind.
func (o *ordering) value(raw []byte) (int64, error) {
	switch {
	case isNull(raw):
		return 0, plainly("null is no value that documents can come behind")
	case o.read != nil && !isNumber(raw):
		return o.read(scalarText(raw))
	}
	return o.number(raw)
}

// farthest returns the largest number, or the smallest, which stands for missing ones in Elasticsearch's answers.
func (o *ordering) farthest(largest bool) int64 {
	switch {
	case o.bits > 0 && largest:
		return floatKey(math.Inf(1))
	case o.bits > 0:
		return floatKey(math.Inf(-1))
	case largest:
		return math.MaxInt64
	}
	return math.MinInt64
}

// modeOf returns the mode, with that of the direction by its name.
func (k *orderKey) modeOf() orderMode {
	switch {
	case k.mode != modeOfDirection:
		return k.mode
	case k.Descending:
		return modeMax
	}
	return modeMin
}

// of returns the key that counts of several.
func (o *ordering) of(mode orderMode, w *orderWork) int64 {
	if o.bits == 0 || !mode.isComputed() {
		return mode.ofWhole(w.numbers)
	}
	w.floats = w.floats[:0]
	for _, key := range w.numbers {
		w.floats = append(w.floats, floatOfKey(key))
	}
	n := mode.of(w.floats)
	if o.bits < 64 {
		n = float64(float32(n))
	}
	return floatKey(n)
}

// floatOfKey is the inverse of floatKey.
func floatOfKey(key int64) float64 {
	if key < 0 {
		key ^= math.MaxInt64
	}
	return math.Float64frombits(uint64(key))
}

// number returns the key of a value that stands for a missing one. A string must be a number as it is (Elasticsearch).
func (o *ordering) number(raw []byte) (int64, error) {
	if o.bits > 0 {
		n, err := javanumber.Parse(javaText(raw), max(o.bits, 32))
		if err != nil {
			return 0, plainly("%v", err)
		}
		return floatKey(n), nil
	}
	n, err := strconv.ParseInt(scalarText(raw), 10, 64)
	switch {
	case err == nil:
		return n, nil
	case !isNumber(raw):
		return 0, plainly("For input string: %s", `"`+scalarText(raw)+`"`)
	}
	f, _ := strconv.ParseFloat(string(raw), 64)
	whole, ok := javanumber.Clamp(math.Trunc(f))
	if !ok && f > 0 {
		return math.MaxInt64, nil
	} else if !ok {
		return math.MinInt64, nil
	}
	return whole, nil
}

// byText orders by the bytes of texts.
func (k *orderKey) byText(o *ordering, values valueSource) (made madeKey, err error) {
	if k.mode.isComputed() {
		return made, plainly("we only support AVG, MEDIAN and SUM on number based fields")
	}
	var missing []byte
	if k.missing != nil {
		missing = []byte(javaText(k.missing))
	}
	largest := k.mode.isLargest(k.Descending)
	made.add = func(dst []byte, w *orderWork) []byte {
		has := false
		for _, v := range values(w) {
			text, ok := o.text(&w.document, v)
			if ok && (!has || bytes.Compare(text, w.best) < 0 != largest) {
				w.best, has = append(w.best[:0], text...), true
			}
		}
		switch {
		case has:
			return k.text(dst, w.best)
		case k.missing == nil:
			return k.absent(dst)
		}
		return k.text(dst, missing)
	}
	made.addValue = func(dst, value []byte) ([]byte, error) {
		switch {
		case isNull(value) && k.missing == nil:
			return k.absent(dst), nil
		case isNull(value):
			return k.text(dst, missing), nil
		}
		text, ok := o.text(&document{}, value)
		if !ok {
			return nil, plainly("it is no value of the field")
		}
		return k.text(dst, text), nil
	}
	return made, nil
}

// text appends the key of a text.
func (k *orderKey) text(dst, text []byte) []byte {
	dst = append(dst, tagPresent)
	begin := len(dst)
	dst, _ = sortkey.AppendText(dst, text, sortkey.Whole)
	return k.turned(dst, begin)
}

// kept returns an error if nothing is kept by which documents could be ordered.
func (m *mapped) kept() error {
	if m.docValues {
		return nil
	}
	return plainly("Can't load fielddata on [%s] because fielddata is unsupported on fields of type [%s]. Use doc values "+
		"instead.", m.name, m.typ)
}

func (k *integerKind) ordering() (*ordering, error) { return &ordering{key: k.key}, k.kept() }
func (k *floatKind) ordering() (*ordering, error) {
	return &ordering{key: k.key, bits: k.bits}, k.kept()
}
func (k *keywordKind) ordering() (*ordering, error) { return &ordering{text: k.text}, k.kept() }

func (k *booleanKind) ordering() (*ordering, error) {
	return &ordering{key: k.key, read: func(text string) (int64, error) {
		return k.queried(rawjson.AppendString(nil, text))
	}}, k.kept()
}

func (k *dateKind) ordering() (*ordering, error) {
	return &ordering{key: k.key, read: func(text string) (int64, error) {
		ms, err := k.format.Query(text, false, dates.QueryOptions{})
		if err != nil {
			return 0, plainly("%v", err)
		}
		return ms, nil
	}}, k.kept()
}

func (k *ipKind) ordering() (*ordering, error) {
	return &ordering{text: func(d *document, v []byte) ([]byte, bool) {
		a, ok := k.address(d, v)
		d.normalized = append(d.normalized[:0], a.AsSlice()...)
		return d.normalized, ok
	}}, k.kept()
}

func (k *textKind) ordering() (*ordering, error) {
	if k.fielddata {
		return nil, plainly("sorting by the words of the field [%s] is not supported: sort by a keyword field", k.name)
	}
	return nil, plainly("Fielddata is disabled on [%[1]s]. Text fields are not optimised for operations that require "+
		"per-document field data like aggregations and sorting, so these operations are disabled by default. Please use a "+
		"keyword field instead. Alternatively, set fielddata=true on [%[1]s] in order to load field data by uninverting the "+
		"inverted index. Note that this can use significant memory.", k.name)
}

func (k *pointKind) ordering() (*ordering, error) {
	return nil, cmp.Or(k.kept(), plainly("can't sort on geo_point field without using specific sorting feature, like "+
		"geo_distance"))
}

func (k *binaryKind) ordering() (*ordering, error) {
	return nil, cmp.Or(k.kept(), plainly("can't sort on binary field"))
}
