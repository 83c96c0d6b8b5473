package highlight

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/suggest"
	"github.com/kuzzlite/kuzzlite/query"
)

// Request is which fields of the hits of a search are highlighted, and how. It does not change; any number of
// goroutines may use it.
type Request struct {
	fields []requested
}

// requested is a field, or a pattern for names of fields, with its options complete.
type requested struct {
	name string
	options
}

// Parse reads a request in the JSON of Elasticsearch, as the value of "highlight" in a search: {"fields": {"title":
// {}}}. docs/highlights.md has a list of the options. What depends on a mapping shows when the request is compiled.
//
// The error is an *[Error], or a *[query.DSLError] for a highlight_query.
func Parse(raw []byte) (*Request, error) {
	compact, err := rawjson.Compact(raw, 0)
	if err != nil {
		return nil, &Error{Reason: err.Error()}
	}
	if compact[0] != '{' {
		return nil, wrong("", "Unknown key for a %s in [highlight].", rawjson.Token(compact))
	}
	var fields []requested
	common := reader{parser: "highlight"}
	common.own = map[string]option{"fields": {objectOrArray, func(raw []byte) (err error) {
		read, err := readFields(raw)
		fields = append(fields, read...)
		return err
	}}}
	if err := common.read(compact); err != nil {
		return nil, err
	}
	top := common.options.or(&defaults)
	r := &Request{}
	for _, f := range fields {
		f.options = f.options.or(&top)
		if err := f.check(f.name); err != nil {
			return nil, err
		}
		r.fields = append(r.fields, f)
	}
	return r, nil
}

// readFields reads the fields: an object, or a list of objects with one field each.
func readFields(raw []byte) (list []requested, err error) {
	objects := [][]byte{raw}
	if raw[0] == '[' {
		objects = nil
		for e := range rawjson.Elements(raw, rawjson.MaxDepth) {
			objects = append(objects, e)
		}
	}
	for _, object := range objects {
		n := 0
		for key, value := range rawjson.Members(object) {
			name := string(rawjson.AppendDecoded(nil, key))
			f := reader{parser: "highlight_field", path: "fields." + name}
			f.own = map[string]option{
				"fragment_offset": {number, f.integer(new(*int))},
				"matched_fields":  {textOrArray, texts(&f.options.matchedFields)},
			}
			if err := f.read(value); err != nil {
				return nil, err
			}
			list = append(list, requested{name, f.options})
			n++
		}
		if raw[0] == '[' && n != 1 {
			return nil, wrong("fields", "[fields] can be a single object with any number of fields or an array where each "+
				"entry is an object with a single field")
		}
	}
	return list, nil
}

// reader reads options.
type reader struct {
	parser  string // how errors name it
	path    string
	options options
	own     map[string]option
}

// option is an option: which JSON it takes, and what it does with that.
type option struct {
	takes form
	read  func(raw []byte) error
}

// form is which JSON an option takes: the first characters of the values, with a digit for numbers.
type form string

const (
	text          form = `"`
	textOrArray   form = `"[`
	number        form = `0"`
	boolean       form = `tf"`
	object        form = `{`
	objectOrArray form = `{[`
)

func (f form) has(raw []byte) bool {
	c := raw[0]
	if c == '-' || '0' <= c && c <= '9' {
		c = '0'
	}
	return strings.IndexByte(string(f), c) >= 0
}

// known returns all options.
func (r *reader) known() map[string]option {
	o, nothing := &r.options, func([]byte) error { return nil }
	all := map[string]option{
		"pre_tags": {textOrArray, texts(&o.preTags)}, "post_tags": {textOrArray, texts(&o.postTags)},
		"tags_schema": {text, r.schema}, "encoder": {text, textOf(&o.encoder)}, "type": {text, textOf(&o.typ)},
		"fragmenter": {text, textOf(&o.fragmenter)}, "order": {text, r.order},
		"fragment_size": {number, r.integer(&o.fragmentSize)}, "number_of_fragments": {number, r.integer(&o.fragments)},
		"no_match_size": {number, r.integer(&o.noMatchSize)}, "max_analyzed_offset": {number, r.maxAnalyzed},
		"require_field_match": {boolean, truth(&o.requireFieldMatch)}, "boundary_scanner": {text, r.scanner},
		"boundary_scanner_locale": {text, r.locale}, "highlight_query": {object, r.query},

		// Those of the highlighter fvh. As in Elasticsearch they change nothing about the others.
		"boundary_chars": {text, nothing}, "boundary_max_scan": {number, r.integer(new(*int))},
		"phrase_limit": {number, r.integer(new(*int))}, "highlight_filter": {boolean, truth(new(*bool))},
		"force_source": {boolean, truth(new(*bool))}, "options": {object, nothing},
	}
	for name, own := range r.own {
		all[name] = own
	}
	return all
}

// read reads an object of options.
func (r *reader) read(raw []byte) error {
	if raw[0] != '{' {
		return wrong(r.path, "[%s] Expected START_OBJECT but was: %s", r.parser, rawjson.Token(raw))
	}
	known := r.known()
	for key, value := range rawjson.Members(raw) {
		name := string(rawjson.AppendDecoded(nil, key))
		o, ok := known[name]
		at := strings.TrimPrefix(r.path+"."+name, ".")
		switch {
		case !ok:
			names := make([]string, 0, len(known))
			for known := range known {
				names = append(names, known)
			}
			slices.Sort(names)
			return wrong(at, "[%s] unknown field [%s]%s", r.parser, name, suggest.DidYouMean(name, names))
		case !o.takes.has(value):
			return wrong(at, "[%s] %s doesn't support values of type: %s", r.parser, name, rawjson.Token(value))
		}
		if err := o.read(value); err == errUnreadable {
			return wrong(at, "[%s] failed to parse field [%s]", r.parser, name)
		} else if err != nil {
			return err
		}
	}
	switch o := &r.options; {
	case o.preTags != nil && o.postTags == nil:
		return wrong(r.path, "pre_tags are set but post_tags are not set")
	case o.preTags != nil && (len(o.preTags) == 0 || len(o.postTags) == 0):
		return wrong(r.path, "pre_tags or post_tags must not be empty")
	}
	return nil
}

// errUnreadable is the error of a value of which Elasticsearch says only which option it is of.
var errUnreadable = &Error{Reason: "unreadable"}

func decoded(raw []byte) string { return string(rawjson.AppendDecoded(nil, raw)) }

func textOf(of *string) func([]byte) error {
	return func(raw []byte) error {
		*of = decoded(raw)
		return nil
	}
}

// texts reads a text, or a list of them.
func texts(of *[]string) func([]byte) error {
	return func(raw []byte) error {
		*of = []string{}
		if raw[0] != '[' {
			*of = append(*of, decoded(raw))
			return nil
		}
		for e := range rawjson.Elements(raw, rawjson.MaxDepth) {
			if e[0] != '"' {
				return errUnreadable
			}
			*of = append(*of, decoded(e))
		}
		return nil
	}
}

func truth(of **bool) func([]byte) error {
	return func(raw []byte) error {
		switch strings.Trim(string(raw), `"`) {
		case "true":
			*of = ptr(true)
		case "false":
			*of = ptr(false)
		default:
			return errUnreadable
		}
		return nil
	}
}

// integer reads a whole number of 32 bits; what follows its point does not count (Elasticsearch).
func (r *reader) integer(of **int) func([]byte) error {
	return func(raw []byte) error {
		n, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
		if err != nil || n < -1<<31 || n >= 1<<31 {
			return errUnreadable
		}
		*of = ptr(int(n))
		return nil
	}
}

func (r *reader) maxAnalyzed(raw []byte) error {
	if err := r.integer(&r.options.maxAnalyzed)(raw); err != nil {
		return err
	}
	if *r.options.maxAnalyzed <= 0 {
		return errUnreadable
	}
	return nil
}

func (r *reader) schema(raw []byte) error {
	tags, ok := schemas[decoded(raw)]
	if !ok {
		return errUnreadable
	}
	r.options.preTags, r.options.postTags = tags.preTags, tags.postTags
	return nil
}

func (r *reader) order(raw []byte) error {
	r.options.byScore = ptr(strings.EqualFold(decoded(raw), "score"))
	return nil
}

func (r *reader) scanner(raw []byte) error {
	s := scanner(strings.ToLower(decoded(raw)))
	if s != bySentence && s != byWord && s != byChars {
		return errUnreadable
	}
	r.options.scanner = s
	return nil
}

// locale: texts are cut in the same way for all languages but Thai, for which Java has a dictionary.
func (r *reader) locale(raw []byte) error {
	tag := decoded(raw)
	if language, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-"); strings.EqualFold(language, "th") {
		return wrong(strings.TrimPrefix(r.path+".boundary_scanner_locale", "."),
			"[boundary_scanner_locale] [%s] is not supported: there is no dictionary", tag)
	}
	return nil
}

func (r *reader) query(raw []byte) (err error) {
	if string(raw) == "{}" {
		return &query.DSLError{Reason: "query malformed, empty clause found"}
	}
	r.options.query, err = query.ParseElasticsearch(raw)
	return err
}
