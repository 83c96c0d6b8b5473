package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// What is written to the store by others than clients of the server: by the program that has the store, by the command
// line, or because a document expires. Subscribers are told of that as well, from the change feed, a moment after the
// call that writes. Silent changes are told to nobody.

// outside follows the change feed as long as there are rooms.
type outside struct {
	hub  *Hub
	stop context.CancelFunc
}

// followOutside begins to follow. The caller holds the lock.
func (h *Hub) followOutside() {
	ctx, stop := context.WithCancel(context.Background())
	h.outside = &outside{h, stop}
	go h.outside.run(ctx, h.store.Sequence())
}

// run tells of changes after a sequence, until ctx is done or the store is closed. Where the store was restored, or the
// feed is kept for too short a time, it goes on with what comes.
func (o *outside) run(ctx context.Context, since uint64) {
	err := o.follow(ctx, since)
	for errors.Is(err, kuzzlite.ErrSequenceGone) && ctx.Err() == nil {
		err = o.follow(ctx, o.hub.store.Sequence())
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, kuzzlite.ErrClosed) {
		o.hub.logger.Error("subscribers are told of what clients write only: the change feed cannot be read", "error", err)
	}
}

// follow tells of changes after a sequence, and returns why there are no more.
func (o *outside) follow(ctx context.Context, since uint64) error {
	for change, err := range o.hub.store.Changes(ctx, since, &kuzzlite.ChangesOptions{Follow: true}) {
		if err != nil {
			return err
		}
		o.tell(ctx, &change)
	}
	return nil // of a store that is read only
}

// kinds are those of changes of documents.
var kinds = map[kuzzlite.Op]api.Kind{
	kuzzlite.OpCreate: api.Created, kuzzlite.OpUpdate: api.Updated, kuzzlite.OpReplace: api.Replaced,
	kuzzlite.OpDelete: api.Deleted, kuzzlite.OpExpire: api.Deleted,
}

// tell tells of a change, if that is to be told from here.
func (o *outside) tell(ctx context.Context, change *kuzzlite.Change) {
	kind, ok := kinds[change.Op]
	p := place{change.Index, change.Collection}
	if !ok || change.Served || change.Silent || p.index == storage.PrivateIndex || !o.hub.listensTo(p) {
		return
	}
	event, version := api.Event{Kind: kind, ID: change.ID}, change.Version
	if kind != api.Deleted {
		doc, err := o.hub.store.Collection(p.index, p.collection).Get(ctx, change.ID)
		if err != nil { // it has gone meanwhile, which will be told
			return
		}
		event.Source, version = doc.Source, doc.Version // which may be newer than the change
	}
	event.Result = api.JSON(resultOf(change, kind, event.Source, version))
	r := &request.Request{Controller: "document", Action: words[kind].action, ID: strconv.FormatUint(change.Sequence, 10)}
	r.SetArg("index", rawjson.AppendString(nil, p.index))
	r.SetArg("collection", rawjson.AppendString(nil, p.collection))
	call := &api.Call{Request: r, Context: ctx, Received: change.Time}
	o.hub.mu.Lock()
	defer o.hub.mu.Unlock()
	if col := o.hub.collections[p]; col != nil && o.hub.outside == o {
		o.hub.tell(call, col, p, &event)
	}
}

// resultOf returns what subscribers get: as of the server's own actions, but that nobody knows what was deleted.
func resultOf(change *kuzzlite.Change, kind api.Kind, source json.RawMessage, version uint64) []byte {
	result := api.AppendMember([]byte{'{'}, "_id", change.ID)
	if source != nil {
		result = append(append(result, `,"_source":`...), source...)
	}
	result = api.AppendUint(append(result, `,"_version":`...), version)
	if kind == api.Updated {
		result = append(append(result, `,"_updatedFields":`...), api.Marshal(append([]string{}, change.Paths...))...)
	}
	return append(result, '}')
}

// listensTo says whether a collection has rooms.
func (h *Hub) listensTo(p place) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.collections[p] != nil
}
