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
		for i := range operations {
			op := &operations[i]
			status, why, err := w.run(op)
			switch {
			case err != nil:
				return err
			case why == nil:
				done = append(done, op.success(status))
			default:
				failed = append(failed, op.failure(why))
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

// run carries out an operation. The error is for the call as a whole.
func (w *importer) run(op *operation) (status int, why *refusal, err error) {
	switch {
	case op.reason != "":
		return 0, &refusal{400, op.reason, illegalArgument}, nil
	case op.id == "" && !op.noID:
		return 0, &refusal{400, "if _id is specified it must not be empty", illegalArgument}, nil
	}
	var r *kuzzlite.Result
	switch op.action {
	case "delete":
		r, err = w.col.MDelete(w.ctx, []string{op.id}, w.options)
	case "update":
		r, err = w.update(op)
	default:
		write := w.col.MCreateOrReplace
		if op.create {
			write = w.col.MCreate
		}
		r, err = write(w.ctx, []kuzzlite.Write{{ID: op.id, Body: withMetadata(op.source, w.created())}}, w.options)
	}
	switch {
	case err != nil:
		return 0, nil, err
	case len(r.Errors) > 0:
		why, err := w.refusal(op, &r.Errors[0])
		return 0, why, err
	}
	op.id = r.Successes[0].ID
	return r.Successes[0].Status, nil, nil
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
func (op *operation) success(status int) json.RawMessage {
	return append(op.outcome(status), "}}"...)
}

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
func (op *operation) failure(why *refusal) json.RawMessage {
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
