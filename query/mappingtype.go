package query

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/internal/javanumber"
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// The types of fields of a mapping, and their parameters.

// The parameters that types have. The ones of neutral have no bearing on which documents match.
var (
	neutral = []string{"meta", "store", "boost", "time_series_dimension", "time_series_metric"}

	neutralText = []string{
		"eager_global_ordinals", "fielddata", "fielddata_frequency_filter", "index_options", "index_phrases",
		"index_prefixes", "norms", "position_increment_gap", "similarity", "term_vector",
	}

	parametersOf = map[string][]string{
		"text": append([]string{"index", "analyzer", "search_analyzer", "search_quote_analyzer"}, neutralText...),
		"keyword": {
			"index", "doc_values", "null_value", "ignore_above", "normalizer", "eager_global_ordinals", "index_options",
			"norms", "similarity", "split_queries_on_whitespace",
		},
		"boolean":   {"index", "doc_values", "null_value", "ignore_malformed"},
		"date":      {"index", "doc_values", "null_value", "ignore_malformed", "format", "locale"},
		"ip":        {"index", "doc_values", "null_value", "ignore_malformed"},
		"binary":    {"doc_values"},
		"geo_point": {"index", "doc_values", "null_value", "ignore_malformed", "ignore_z_value"},
		"flattened": {
			"index", "doc_values", "null_value", "ignore_above", "depth_limit", "eager_global_ordinals", "index_options",
			"similarity", "split_queries_on_whitespace",
		},
	}

	numberParameters = []string{"index", "doc_values", "null_value", "ignore_malformed", "coerce"}
	rangeParameters  = []string{"index", "doc_values", "coerce"}

	// unsearchable are the types whose fields can be asked only whether they have a value.
	unsearchable = map[string][]string{
		"completion": {
			"analyzer", "search_analyzer", "preserve_separators", "preserve_position_increments", "max_input_length", "contexts",
		},
		"date_nanos":    {"index", "doc_values", "null_value", "ignore_malformed", "format", "locale"},
		"scaled_float":  append([]string{"scaling_factor"}, numberParameters...),
		"unsigned_long": {"index", "doc_values", "null_value", "ignore_malformed"},
		"integer_range": rangeParameters, "long_range": rangeParameters, "float_range": rangeParameters,
		"double_range": rangeParameters, "ip_range": rangeParameters,
		"date_range": append([]string{"format", "locale"}, rangeParameters...),
	}
)

// unsupportedTypes are those that Elasticsearch has, and that are not there.
var unsupportedTypes = []string{
	"aggregate_metric_double", "constant_keyword", "counted_keyword", "dense_vector", "geo_shape", "histogram", "join",
	"match_only_text", "murmur3", "passthrough", "percolator", "point", "rank_feature", "rank_features",
	"search_as_you_type", "semantic_text", "shape", "sparse_vector", "token_count", "version", "wildcard",
}

// params are the parameters of a field.
type params struct {
	name, key, typ string
	path           string // of the values: a sub-field has that of the field around it
	isSubField     bool
	given          map[string][]byte
}

// leaf reads a field that is no object, and its sub-fields.
func (r *mappingReader) leaf(at place, p *params, raw []byte) error {
	if slices.Contains(unsupportedTypes, p.typ) {
		return inMapping(p.name, "fields of type [%s] are not supported: field [%s]", p.typ, p.key)
	}
	known, ok := p.known()
	if !ok {
		return inMapping(p.name, "No handler for type [%s] declared on field [%s]", p.typ, p.key)
	}
	p.given = map[string][]byte{}
	for _, m := range members(raw) {
		switch {
		case m.key == "type" || slices.Contains(neutral, m.key):
		case slices.Contains(known, m.key):
			p.given[m.key] = m.value
		case m.key == "fields" && !p.isSubField:
			if err := r.subFields(at, p, m.value); err != nil {
				return err
			}
		case m.key == "copy_to" && !p.isSubField:
			if err := r.copyTo(p, m.value); err != nil {
				return err
			}
		default:
			return inMapping(p.name, "unknown parameter [%s] on mapper [%s] of type [%s]", m.key, p.key, p.typ)
		}
	}
	k, err := p.kind()
	if err != nil {
		return err
	}
	if r.fields[p.name] != nil {
		return inMapping(p.name, "Failed to parse mapping: field [%s] is defined more than once", p.name)
	}
	r.fields[p.name] = &schemaField{kind: k, paths: []string{p.path}, nested: at.nested}
	return nil
}

// known returns the parameters that the type has; ok is false for a type that does not exist.
func (p *params) known() (known []string, ok bool) {
	_, isInteger := javanumber.NewInteger(p.typ, true)
	_, isFloat := floatTypes[p.typ]
	if isInteger || isFloat {
		return numberParameters, true
	}
	if known, ok = parametersOf[p.typ]; !ok {
		known, ok = unsearchable[p.typ]
	}
	return known, ok
}

// subFields reads the fields that have the same values, as other types.
func (r *mappingReader) subFields(at place, p *params, raw []byte) error {
	if !isObject(raw) {
		return inMapping(p.name, "Expected map for property [fields] on field [%s]", p.key)
	}
	for _, m := range members(raw) {
		name := p.name + "." + m.key
		typ := ""
		for _, member := range members(m.value) {
			if member.key == "type" && isString(member.value) {
				typ = scalarText(member.value)
			}
		}
		switch typ {
		case "":
			return inMapping(name, "no type specified for property [%s]", m.key)
		case "object", "nested", "alias":
			return inMapping(name, "Type [%s] cannot be used in multi field", typ)
		}
		sub := params{name: name, key: m.key, typ: typ, path: p.path, isSubField: true}
		if err := r.leaf(at, &sub, m.value); err != nil {
			return err
		}
	}
	return nil
}

// copyTo reads the fields that get the values of this field, too.
func (r *mappingReader) copyTo(p *params, raw []byte) error {
	targets := [][]byte{raw}
	if isArray(raw) {
		targets = elements(raw)
	}
	for _, t := range targets {
		if !isString(t) {
			return inMapping(p.name, "copy_to of field [%s] must be the name of a field, or a list of names", p.key)
		}
		target := scalarText(t)
		r.copies[target] = append(r.copies[target], p.path)
	}
	return nil
}

// bool returns a parameter that is true or false.
func (p *params) bool(name string, otherwise bool) (bool, error) {
	raw, ok := p.given[name]
	if !ok {
		return otherwise, nil
	}
	return mappingBool(p.name, member{name, raw})
}

// kind makes the kind of the field.
func (p *params) kind() (kind, error) {
	base := mapped{name: p.name, typ: p.typ, unscored: p.isBoolean()}
	var err error
	if base.indexed, err = p.bool("index", true); err != nil {
		return nil, err
	}
	if base.docValues, err = p.bool("doc_values", p.typ != "text" && p.typ != "binary"); err != nil {
		return nil, err
	}
	if _, err = p.bool("ignore_malformed", false); err != nil {
		return nil, err // what is malformed is found in neither case
	}
	if null := p.given["null_value"]; null != nil && !isNull(null) {
		base.null = null
	}
	if _, ok := javanumber.NewInteger(p.typ, true); ok {
		return p.integer(base)
	}
	if _, ok := floatTypes[p.typ]; ok {
		return p.float(base)
	}
	switch p.typ {
	case "text":
		return p.text(base)
	case "keyword":
		return p.keyword(base)
	case "flattened":
		k, err := p.keyword(base)
		return &flattenedKind{keywordKind: *k}, err
	case "boolean":
		k := &booleanKind{base}
		return k, p.checkNull(k.key)
	case "date":
		return p.date(base)
	case "ip":
		k := &ipKind{base}
		return k, p.checkNull(func(d *document, v []byte) (int64, bool) { _, ok := k.address(d, v); return 0, ok })
	case "geo_point":
		return &pointKind{base}, nil
	}
	if _, ok := unsearchable[p.typ]; ok {
		return p.unsearchable(base)
	}
	return &binaryKind{base}, nil
}

// checkNull returns an error if the field cannot have the value that stands for null.
func (p *params) checkNull(key keyOf) error {
	null := p.given["null_value"]
	if null == nil || isNull(null) {
		return nil
	}
	if _, ok := key(&document{}, null); !ok {
		return inMapping(p.name, "Failed to parse mapping: null_value [%s] of field [%s] is no value of type [%s]",
			scalarText(null), p.key, p.typ)
	}
	return nil
}

// unsearchable reads a field that can be asked only whether it has a value.
func (p *params) unsearchable(base mapped) (kind, error) {
	for _, name := range []string{"coerce", "ignore_malformed"} {
		if _, err := p.bool(name, false); err != nil {
			return nil, err
		}
	}
	if raw, ok := p.given["format"]; ok {
		if _, err := p.dateFormat(raw); err != nil {
			return nil, err
		}
	}
	if _, ok := p.given["scaling_factor"]; !ok && p.typ == "scaled_float" {
		return nil, inMapping(p.name, "Failed to parse mapping: Field [scaling_factor] is required")
	}
	return &unsearchableKind{base}, nil
}

func (p *params) integer(base mapped) (kind, error) {
	coerce, err := p.bool("coerce", true)
	if err != nil {
		return nil, err
	}
	k := &integerKind{mapped: base}
	k.Integer, _ = javanumber.NewInteger(p.typ, coerce)
	if err := p.checkNullNumber(); err != nil {
		return nil, err
	}
	return k, p.checkNull(k.key)
}

// checkNullNumber returns an error if the value that stands for null is no number at all.
func (p *params) checkNullNumber() error {
	null := p.given["null_value"]
	if null == nil || isNull(null) {
		return nil
	}
	if _, err := javanumber.Parse(javaText(null), 64); err != nil {
		return inMapping(p.name, "Failed to parse mapping: %v", err)
	}
	return nil
}

func (p *params) float(base mapped) (kind, error) {
	k := &floatKind{mapped: base, bits: floatTypes[p.typ]}
	var err error
	if k.coerce, err = p.bool("coerce", true); err != nil {
		return nil, err
	}
	if err := p.checkNullNumber(); err != nil {
		return nil, err
	}
	return k, p.checkNull(k.key)
}

func (p *params) date(base mapped) (kind, error) {
	k := &dateKind{mapped: base, format: dates.Default}
	if raw, ok := p.given["format"]; ok {
		var err error
		if k.format, err = p.dateFormat(raw); err != nil {
			return nil, err
		}
	}
	locale, ok := p.given["locale"]
	if ok && !slices.Contains([]string{"", "root", "en", "en_US", "en-US"}, scalarText(locale)) {
		return nil, inMapping(p.name, "dates of the locale [%s] are not supported: field [%s]", scalarText(locale), p.key)
	}
	return k, p.checkNull(k.key)
}

// dateFormat reads the format of dates.
func (p *params) dateFormat(raw []byte) (*dates.Format, error) {
	format, err := dates.Parse(scalarText(raw))
	if err != nil {
		err = inMapping(p.name, "Failed to parse mapping: Error parsing [format] on field [%s]: %v", p.key, err)
	}
	return format, err
}

func (p *params) text(base mapped) (kind, error) {
	index, err := p.analyzer("analyzer", analysis.DefaultName)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"search_analyzer", "search_quote_analyzer"} {
		search, err := p.analyzer(name, index.Name())
		if err != nil {
			return nil, err
		}
		if search.Name() != index.Name() {
			return nil, inMapping(p.name, "[%s] that is not the analyzer of the field is not supported: field [%s]", name, p.key)
		}
	}
	gap, err := p.gap()
	if err != nil {
		return nil, err
	}
	k := &textKind{mapped: base, words: index, gap: gap}
	k.fielddata, err = p.bool("fielddata", false)
	if raw := p.given["index_options"]; raw != nil {
		options := javaText(raw)
		k.placeless = options == "docs" || options == "freqs"
		k.measures.once = options == "docs"
	}
	if err != nil {
		return k, err
	}
	k.measures.constant = p.isBoolean()
	norms, err := p.bool("norms", true)
	k.measures.lengthless = !norms
	return k, err
}

// isBoolean says whether terms of the field score 1 (similarity: boolean).
func (p *params) isBoolean() bool {
	raw := p.given["similarity"]
	return raw != nil && javaText(raw) == "boolean"
}

// gap returns how many positions are free between two values of a text.
func (p *params) gap() (int, error) {
	raw, ok := p.given["position_increment_gap"]
	if !ok {
		return analysis.PositionGap, nil
	}
	n, err := clause{}.integer("position_increment_gap", raw)
	if err == nil && n < 0 {
		err = errors.New("position_increment_gap must not be less than 0")
	}
	if err != nil {
		return 0, inMapping(p.name, "[position_increment_gap] of field [%s] is no valid number: %v", p.key, err)
	}
	return n, nil
}

// analyzer returns the analyzer that a parameter names.
func (p *params) analyzer(parameter, otherwise string) (*analysis.Analyzer, error) {
	name := otherwise
	if raw, ok := p.given[parameter]; ok {
		name = scalarText(raw)
	}
	a, err := analysis.Lookup(name)
	if err != nil {
		return nil, inMapping(p.name, "Failed to parse mapping: analyzer [%s] has not been configured in mappings", name)
	}
	return a, nil
}

func (p *params) keyword(base mapped) (*keywordKind, error) {
	k := &keywordKind{mapped: base, ignoreAbove: math.MaxInt}
	if raw, ok := p.given["ignore_above"]; ok {
		n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
		if err != nil || n < 0 {
			return k, inMapping(p.name, "Failed to parse mapping: [ignore_above] must be positive, got [%s]", scalarText(raw))
		}
		k.ignoreAbove = n
	}
	if raw, ok := p.given["normalizer"]; ok && !isNull(raw) {
		if name := scalarText(raw); name != "lowercase" {
			return k, inMapping(p.name, "normalizer [%s] not found for field [%s]", name, p.key)
		}
		k.normalizer, _ = analysis.Lookup("standard") // its parts of words are in lower case
	}
	return k, nil
}
