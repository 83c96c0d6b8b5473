// Package validation has the specifications by which Kuzzle validates documents: what a specification may say, what is
// wrong with a document, and the values that fields have by default.
package validation

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/query"
)

// Specification is what the documents of a collection must be like. Nil is no specification: every document will do.
// Any number of goroutines may use it.
type Specification struct {
	strict     bool // fields that are not specified are refused
	fields     []*field
	validators *query.Matcher // nil: none
}

// field is what a specification says of a field.
type field struct {
	path         []string
	kind         *kind
	mandatory    bool
	hasDefault   bool
	defaultValue json.RawMessage // nil: none that is filled in
	many         bool            // its value is a list
	least, most  *bound          // how many elements the list may have; nil: any number
	check        check
	strict       *bool // of the fields within; nil: as around it
	fields       []*field
}

// bound is a number in a specification, and how it was written.
type bound struct {
	n    float64
	text string
}

func (f *field) name() string { return f.path[len(f.path)-1] }

// Parse reads the specification of a collection. problems are what is wrong with it, each as a sentence; if there are
// any there is no specification.
func Parse(index, collection string, raw json.RawMessage) (s *Specification, problems []string) {
	p := &parser{name: index + "." + collection}
	p.specification(raw)
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	return &p.spec, nil
}

// parser reads a specification.
type parser struct {
	name     string // of what is read, for problems
	spec     Specification
	problems []string
}

func (p *parser) problem(id string, props ...any) {
	p.problems = append(p.problems, apierror.New(id, props...).Message)
}

// allow notes a problem unless a value is an object that has none but some keys.
func (p *parser) allow(name string, value json.RawMessage, keys ...string) bool {
	if !onlyHas(value, keys...) {
		p.problem("validation.assert.unexpected_properties", name, strings.Join(keys, ", "))
		return false
	}
	return true
}

func onlyHas(value json.RawMessage, keys ...string) bool {
	if value[0] != '{' {
		return false
	}
	for key := range rawjson.Members(value) {
		if !slices.Contains(keys, request.Text(key)) {
			return false
		}
	}
	return true
}

func member(object json.RawMessage, name string) json.RawMessage {
	value, _ := rawjson.Lookup(object, name)
	return value
}

func (p *parser) specification(raw json.RawMessage) {
	if !p.allow(p.name, raw, "strict", "fields", "validators") {
		return
	}
	p.spec.strict = !request.Falsy(member(raw, "strict"))
	if fields := member(raw, "fields"); !request.Falsy(fields) {
		p.readFields(fields)
	}
	validators := member(raw, "validators")
	switch {
	case request.Falsy(validators):
	case validators[0] != '[':
		p.problem("validation.assert.invalid_type", p.name+".validators", "array")
	default:
		p.readValidators(validators)
	}
}

// readValidators reads filters of Koncorde, all of which a document must match.
func (p *parser) readValidators(list json.RawMessage) {
	q, err := query.ParseKoncorde([]byte(`{"bool":{"must":` + string(list) + `}}`))
	if err == nil {
		p.spec.validators, err = query.Compile(q, nil)
	}
	if err != nil {
		p.problem("validation.assert.invalid_filters", err.Error())
	}
}

// readFields reads the fields and puts each one within the field that its path leads through.
func (p *parser) readFields(raw json.RawMessage) {
	if raw[0] != '{' {
		p.problem("validation.assert.invalid_type", p.name+".fields", "object")
		return
	}
	var list []*field
	for key, value := range rawjson.Members(raw) {
		name := request.Text(key)
		before := len(p.problems)
		f := p.readField(p.name+"."+name, value)
		if f.path = strings.Split(name, "/"); len(p.problems) == before {
			list = append(list, f)
		}
	}
	if len(p.problems) > 0 {
		return
	}
	slices.SortStableFunc(list, func(a, b *field) int { return len(a.path) - len(b.path) })
	known := map[string]*field{}
	for _, f := range list {
		p.place(f, known)
	}
}

// place puts a field where it belongs. known are the fields so far, by their paths.
func (p *parser) place(f *field, known map[string]*field) {
	known[strings.Join(f.path, "/")] = f
	if len(f.path) == 1 {
		p.spec.fields = append(p.spec.fields, f)
		return
	}
	parent := known[strings.Join(f.path[:len(f.path)-1], "/")]
	switch {
	case parent == nil:
		p.problem("validation.assert.missing_parent", strings.Join(f.path, "."))
	case !parent.kind.hasFields:
		p.problem("validation.assert.unexpected_children", parent.kind.name)
	default:
		parent.fields = append(parent.fields, f)
	}
}

// readField reads what is said of a field. What it returns means nothing if there are problems.
func (p *parser) readField(name string, raw json.RawMessage) *field {
	f := &field{}
	if !p.allow(name, raw, "mandatory", "type", "defaultValue", "description", "multivalued", "typeOptions") {
		return f
	}
	kindName := member(raw, "type")
	if kindName == nil {
		p.problem("validation.assert.missing_type", name)
		return f
	}
	if f.kind = kinds[request.Text(kindName)]; f.kind == nil {
		p.problem("validation.assert.unknown_type", name, request.Text(kindName))
	}
	f.mandatory = !request.Falsy(member(raw, "mandatory"))
	value := member(raw, "defaultValue")
	if f.hasDefault = value != nil; !request.Falsy(value) {
		f.defaultValue = value
	}
	if many := member(raw, "multivalued"); many != nil {
		p.readMultivalued(f, name, many)
	}
	options := member(raw, "typeOptions")
	if options == nil {
		options = json.RawMessage("{}")
	}
	if f.kind == nil || !p.allow(name, options, f.kind.options...) {
		return f
	}
	if f.kind.hasFields {
		f.strict = p.readStrict(options)
	}
	var err error
	if f.check, err = f.kind.read(options); err != nil {
		p.problems = append(p.problems, err.Error())
	}
	return f
}

func (p *parser) readStrict(options json.RawMessage) *bool {
	strict := member(options, "strict")
	switch string(strict) {
	case "":
		return nil
	case "true", "false":
		is := string(strict) == "true"
		return &is
	}
	p.problem("validation.assert.invalid_type", "strict", "boolean")
	return nil
}

// readMultivalued reads {"value", "minCount", "maxCount"}.
func (p *parser) readMultivalued(f *field, name string, raw json.RawMessage) {
	if !p.allow(name+".multivalued", raw, "value", "minCount", "maxCount") {
		return
	}
	switch value := member(raw, "value"); string(value) {
	case "":
		p.problem("validation.assert.missing_value", name+".multivalued")
		return
	case "true", "false":
		f.many = string(value) == "true"
	default:
		p.problem("validation.assert.invalid_type", name+".multivalued.value", "boolean")
		return
	}
	for _, count := range []struct {
		name string
		into **bound
	}{{"minCount", &f.least}, {"maxCount", &f.most}} {
		raw := member(raw, count.name)
		switch {
		case raw == nil:
		case !f.many:
			p.problem("validation.assert.not_multivalued", name, count.name)
		case !isNumber(raw):
			p.problem("validation.assert.invalid_type", name+".multivalued."+count.name, "number")
		default:
			*count.into = boundOf(raw)
		}
	}
	if f.least != nil && f.most != nil && f.least.n > f.most.n {
		p.problem("validation.assert.invalid_range", name, "minCount", "maxCount")
	}
}
