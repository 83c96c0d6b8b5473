package bulk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// The lines of Elasticsearch's bulk, as a list: an action, and behind it, unless it deletes, a document or changes.
// What cannot be read refuses the request as a whole, with Elasticsearch's words.

// operation is an action with what belongs to it.
type operation struct {
	action string // index, create, update or delete
	id     string
	noID   bool   // one is generated
	create bool   // an index that must not replace
	reason string // why it cannot be carried out; "": perhaps it can

	source json.RawMessage // the document, or the changes; nil: none
	upsert json.RawMessage // of an update: the document to create; nil: none
	asNew  bool            // of an update: the changes are also the document to create
	always bool            // of an update: it is a write even if nothing changes

	status int      // what has become of it
	why    *refusal // nil: it was carried out
}

// parseLines reads the operations of a list.
func parseLines(list json.RawMessage) (operations []operation, err error) {
	var open *operation // which waits for its document
	line := 0
	for element := range request.Elements(list) {
		line++
		if open != nil {
			if err := open.read(element); err != nil {
				return nil, err
			}
			open = nil
			continue
		}
		op, err := parseAction(element, line)
		if err != nil {
			return nil, err
		}
		operations = append(operations, op)
		if op.action != "delete" {
			open = &operations[len(operations)-1]
		}
	}
	switch {
	case line == 0:
		return nil, storage.BadRequest("request body is required")
	case open != nil && len(operations) == 1:
		return nil, storage.BadRequest("Validation Failed: 1: no requests added;")
	case open != nil: // which Elasticsearch would leave out without a word
		return nil, malformed(line, "expected a document behind it but found none")
	}
	return operations, checkIDs(operations)
}

func malformed(line int, why string) error {
	return storage.BadRequest(fmt.Sprintf("Malformed action/metadata line [%d], %s", line, why))
}

// parseAction reads a line that says what to do.
func parseAction(text json.RawMessage, line int) (op operation, err error) {
	if text[0] != '{' {
		return op, malformed(line, "expected START_OBJECT but found ["+rawjson.Token(text)+"]")
	}
	var parameters json.RawMessage
	for key, value := range rawjson.Members(text) {
		if op.action != "" {
			return op, malformed(line, "expected END_OBJECT but found [FIELD_NAME]")
		}
		op.action, parameters = request.Text(key), value
	}
	switch op.action {
	case "index", "create", "update", "delete":
	case "":
		return op, malformed(line, "expected FIELD_NAME but found [END_OBJECT]")
	default:
		return op, malformed(line, "expected field [create], [delete], [index] or [update] but found ["+op.action+"]")
	}
	if parameters[0] != '{' {
		return op, malformed(line, "expected START_OBJECT but found ["+rawjson.Token(parameters)+"]")
	}
	op.create, op.noID = op.action == "create", true
	for key, value := range rawjson.Members(parameters) {
		if err := op.parameter(request.Text(key), value, line); err != nil {
			return op, err
		}
	}
	return op, nil
}

// ignored are parameters that change nothing here: there is one shard, and no two writers are in each other's way.
var ignored = []string{
	"_index", "_type", "_source", "routing", "retry_on_conflict", "list_executed_pipelines", "dynamic_templates",
}

// unsupported are parameters that Elasticsearch has, and this server has not.
var unsupported = []string{
	"version", "version_type", "if_seq_no", "if_primary_term", "require_alias", "require_data_stream",
}

// parameter reads a parameter of an action.
func (op *operation) parameter(name string, value json.RawMessage, line int) error {
	switch value[0] {
	case 'n': // null: as if it were not there
		return nil
	case '{', '[':
		if name != "_source" && name != "dynamic_templates" {
			return malformed(line, "expected a simple value for field ["+name+"] but found ["+rawjson.Token(value)+"]")
		}
	}
	text := request.Text(value)
	switch {
	case name == "_id":
		op.id, op.noID = text, false
	case name == "op_type" && op.action == "index" && (text == "index" || text == "create"):
		op.create = text == "create"
	case name == "op_type":
		return storage.BadRequest("opType must be 'create' or 'index', found: [" + text + "]")
	case name == "pipeline" && text != "_none":
		op.reason = "pipeline with id [" + text + "] does not exist"
	case name == "pipeline", slices.Contains(ignored, name):
	case slices.Contains(unsupported, name) && text != "false":
		return storage.BadRequest(fmt.Sprintf("Action/metadata line [%d] contains the parameter [%s], "+
			"which this server does not support", line, name))
	case slices.Contains(unsupported, name):
	default:
		return storage.BadRequest(fmt.Sprintf("Action/metadata line [%d] contains an unknown parameter [%s]", line, name))
	}
	return nil
}

// read reads the line behind an action.
func (op *operation) read(text json.RawMessage) error {
	if op.action != "update" {
		op.source = text
		return nil
	}
	if text[0] != '{' {
		return storage.BadRequest("[1:1] [UpdateRequest] Expected START_OBJECT but was: " + rawjson.Token(text))
	}
	column := len("{")
	for key, value := range rawjson.Members(text) {
		if err := op.update(request.Text(key), value, column+1); err != nil {
			return err
		}
		column += len(key) + len(":") + len(value) + len(",")
	}
	switch {
	case op.source == nil && op.asNew:
		return invalidRequest("doc must be specified if doc_as_upsert is enabled")
	case op.source == nil:
		return invalidRequest("script or doc is missing")
	}
	return nil
}

// update reads a member of the line behind an update, of which the name begins in a column.
func (op *operation) update(name string, value json.RawMessage, column int) error {
	switch name {
	case "doc", "upsert":
		if value[0] != '{' {
			return storage.BadRequest(fmt.Sprintf("[1:%d] [UpdateRequest] %s doesn't support values of type: %s",
				column+len(name)+len(`"":`), name, rawjson.Token(value)))
		}
		if name == "doc" {
			op.source = value
		} else {
			op.upsert = value
		}
	case "doc_as_upsert":
		op.asNew = request.Text(value) == "true"
	case "detect_noop":
		op.always = request.Text(value) == "false"
	case "_source":
	default:
		return storage.BadRequest(fmt.Sprintf("[1:%d] [UpdateRequest] unknown field [%s]", column, name))
	}
	return nil
}

func invalidRequest(why string) error {
	return storage.BadRequest("Validation Failed: 1: " + why + ";")
}

// longestID is how many bytes an id may have.
const longestID = 512

// checkIDs returns an error for ids for which Elasticsearch refuses the whole request.
func checkIDs(operations []operation) error {
	var why strings.Builder
	n := 0
	for i := range operations {
		op := &operations[i]
		switch {
		case op.id == "" && (op.action == "update" || op.action == "delete"):
			n++
			fmt.Fprintf(&why, "%d: id is missing;", n)
		case len(op.id) > longestID:
			n++
			fmt.Fprintf(&why, "%d: id [%s] is too long, must be no longer than %d bytes but was: %d;", n, op.id, longestID,
				len(op.id))
		}
	}
	if n == 0 {
		return nil
	}
	return storage.BadRequest("Validation Failed: " + why.String())
}
