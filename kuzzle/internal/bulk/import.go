package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/search"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// importLines carries out the lines of Elasticsearch's bulk. Nobody is told of the documents.
func importLines(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	strict, list := a.Bool("strict"), a.BodyField("bulkData", request.List)
	if a.Err != nil {
		return nil, a.Err
	}
	if err := c.Store.MustExist(c.Context, index, name); err != nil {
		return nil, err
	}
	done, failed, err := Import(c, index, name, list, c.User.ID)
	if err != nil {
		return nil, err
	}
	if strict && len(failed) > 0 {
		return nil, apierror.Several("api.process.incomplete_multiple_request", failed, "import")
	}
	out := api.AppendList([]byte(`{"errors":`), failed)
	out = api.AppendList(append(out, `,"successes":`...), done)
	return api.JSON(append(out, '}')), nil
}

// Import carries out the lines of Elasticsearch's bulk on a collection that exists, in the name of a user, "" for
// nobody, and returns what became of the operations, as Kuzzle tells it, in their order. All that is written is
// written in one transaction; an operation that fails is left out. The error is for lines that cannot be read: nothing
// is written.
func Import(c *api.Call, index, name string, list json.RawMessage, user string) (
	done, failed []json.RawMessage, err error) {
	operations, err := read(list)
	if err != nil {
		return nil, nil, err
	}
	now := c.Clock.Now().UnixMilli()
	err = c.Store.Bare.Update(c.Context, func(ctx context.Context, tx *kuzzlite.Tx) error {
		done, failed = nil, nil
		w := &importer{ctx: ctx, col: tx.Collection(index, name), now: now, user: user}
		w.options = &kuzzlite.WriteOptions{Silent: true, User: user}
		for rest := operations; len(rest) > 0; {
			n := batch(rest)
			if err := w.run(rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		for i := range operations {
			if op := &operations[i]; op.why == nil {
				done = append(done, op.success())
			} else {
				failed = append(failed, op.failure())
			}
		}
		return nil
	})
	return done, failed, storage.Error(err, index, name)
}

// Check returns an error for lines that cannot be read.
func Check(list json.RawMessage) error {
	_, err := read(list)
	return err
}

func read(list json.RawMessage) ([]operation, error) {
	if err := search.CheckScripts(list); err != nil {
		return nil, err
	}
	return parseLines(list)
}

// importer carries out operations on a collection.
type importer struct {
	ctx     context.Context
	col     *kuzzlite.Collection
	options *kuzzlite.WriteOptions
	now     int64 // ms since 1970
	user    string
}

// refusal is why an operation has failed.
type refusal struct {
	status       int
	reason, kind string // "": nothing is said
}

const illegalArgument = "illegal_argument_exception"

// batch returns how many of the first operations can be carried out in one call of the store: those that do the same,
// and do not create a document twice, which the store would take for a replacement.
func batch(operations []operation) int {
	first := &operations[0]
	if first.action == "update" || first.unfit() != nil {
		return 1
	}
	created := map[string]bool{}
	for n := range operations {
		op := &operations[n]
		if op.action != first.action || op.create != first.create || op.unfit() != nil || created[op.id] {
			return n
		}
		created[op.id] = op.create && !op.noID
	}
	return len(operations)
}

// unfit returns why an operation cannot be carried out, whatever there is.
func (op *operation) unfit() *refusal {
	switch {
	case op.reason != "":
		return &refusal{400, op.reason, illegalArgument}
	case op.id == "" && !op.noID:
		return &refusal{400, "if _id is specified it must not be empty", illegalArgument}
	}
	return nil
}

// run carries out operations that are a batch, and notes in each what has become of it.
func (w *importer) run(operations []operation) error {
	op := &operations[0]
	if op.why = op.unfit(); op.why != nil {
		return nil
	}
	var r *kuzzlite.Result
	var err error
	switch {
	case op.action == "delete":
		ids := make([]string, len(operations))
		for i := range operations {
			ids[i] = operations[i].id
		}
		r, err = w.col.MDelete(w.ctx, ids, w.options)
	case op.action == "update":
		r, err = w.update(op)
	case op.create:
		r, err = w.col.MCreate(w.ctx, w.documents(operations), w.options)
	default:
		r, err = w.col.MCreateOrReplace(w.ctx, w.documents(operations), w.options)
	}
	if err != nil {
		return err
	}
	for i := range r.Successes {
		s := &r.Successes[i]
		operations[s.Position].id, operations[s.Position].status = s.ID, s.Status
	}
	for i := range r.Errors {
		op := &operations[r.Errors[i].Position]
		if op.why, err = w.refusal(op, &r.Errors[i]); err != nil {
			return err
		}
	}
	return nil
}

// documents returns the documents of operations, with metadata.
func (w *importer) documents(operations []operation) []kuzzlite.Write {
	list := make([]kuzzlite.Write, len(operations))
	for i := range operations {
		list[i] = kuzzlite.Write{ID: operations[i].id, Body: withMetadata(operations[i].source, w.created())}
	}
	return list
}

// update merges changes into a document, or creates the document that the operation has for when there is none.
func (w *importer) update(op *operation) (*kuzzlite.Result, error) {
	exists, err := w.col.Exists(w.ctx, op.id)
	if err != nil {
		return nil, err
	}
	if document := op.document(); !exists && document != nil {
		item := kuzzlite.Upsert{ID: op.id, Changes: json.RawMessage(`{}`), Default: withMetadata(document, w.updated())}
		return w.col.MUpsert(w.ctx, []kuzzlite.Upsert{item}, w.options)
	}
	r, err := w.col.MUpdate(w.ctx, []kuzzlite.Write{{ID: op.id, Body: withMetadata(op.source, w.updated())}}, w.options)
	if err == nil && op.always && len(r.Successes) > 0 && r.Successes[0].Noop {
		r, err = w.col.MReplace(w.ctx, []kuzzlite.Write{{ID: op.id, Body: r.Successes[0].Source}}, w.options)
	}
	return r, err
}

// document returns what an update creates, nil: nothing.
func (op *operation) document() json.RawMessage {
	if op.asNew {
		return op.source
	}
	return op.upsert
}

// metadata is the name of Kuzzle's metadata in a document.
const metadata = "_kuzzle_info"

// withMetadata returns a document with metadata behind all else. What is no document stays as it is.
func withMetadata(document json.RawMessage, info string) json.RawMessage {
	if document[0] != '{' {
		return document
	}
	return api.WithMember(api.Without(document, metadata), metadata, json.RawMessage(info))
}

func (w *importer) created() string {
	return fmt.Sprintf(`{"author":%s,"createdAt":%d,"updatedAt":null,"updater":null}`, w.author(), w.now)
}

func (w *importer) updated() string {
	return fmt.Sprintf(`{"updatedAt":%d,"updater":%s}`, w.now, w.author())
}

func (w *importer) author() string {
	if w.user == "" {
		return "null"
	}
	return string(rawjson.AppendString(nil, w.user))
}

// refusal returns why an operation has failed, as Elasticsearch says it.
func (w *importer) refusal(op *operation, f *kuzzlite.Failure) (*refusal, error) {
	switch {
	case errors.Is(f.Err, kuzzlite.ErrExists):
		doc, err := w.col.Get(w.ctx, op.id)
		reason := fmt.Sprintf("[%s]: version conflict, document already exists (current version [%d])", op.id, doc.Version)
		return &refusal{409, reason, "version_conflict_engine_exception"}, err
	case errors.Is(f.Err, kuzzlite.ErrNotFound) && op.action == "delete":
		return &refusal{status: 404}, nil
	case errors.Is(f.Err, kuzzlite.ErrNotFound):
		return &refusal{404, "[" + op.id + "]: document missing", "document_missing_exception"}, nil
	case strings.HasPrefix(f.Reason, "document body must be"), strings.HasPrefix(f.Reason, "mapper ["),
		!errors.Is(f.Err, kuzzlite.ErrInvalid):
		return &refusal{f.Status, f.Reason, illegalArgument}, nil
	case strings.Contains(f.Reason, "mapping set to strict, dynamic introduction of"):
		return &refusal{f.Status, f.Reason, "strict_dynamic_mapping_exception"}, nil
	}
	return &refusal{f.Status, f.Reason, "document_parsing_exception"}, nil
}

// success returns {action: {"_id", "status"}}.
func (op *operation) success() json.RawMessage { return append(op.outcome(op.status), "}}"...) }

// outcome returns the beginning of what is told of an operation.
func (op *operation) outcome(status int) []byte {
	out := rawjson.AppendString([]byte{'{'}, op.action)
	out = append(out, `:{`...)
	if op.id != "" || !op.noID {
		out = append(api.AppendMember(out, "_id", op.id), ',')
	}
	return strconv.AppendInt(append(out, `"status":`...), int64(status), 10)
}

// failure returns {action: {"_id", "status", "_source", "error": {"reason", "type"}}}.
func (op *operation) failure() json.RawMessage {
	why := op.why
	out := op.outcome(why.status)
	if op.source != nil {
		source := op.source
		if source[0] == '{' {
			source = api.Without(source, metadata)
		}
		out = append(append(out, `,"_source":`...), source...)
	}
	if why.reason != "" {
		out = append(api.AppendMember(append(out, `,"error":{`...), "reason", why.reason), ',')
		out = append(rawjson.AppendString(append(out, `"type":`...), why.kind), '}')
	}
	return append(out, "}}"...)
}
