package pushed

import (
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// listeners returns what the subscribers of a collection will be told, nil if there are none. To them a batch is a request
// of the controller document for their collection.
func (b *batch) listeners(at place) *told {
	if n := len(b.told); n > 0 && b.told[n-1].at == at {
		return b.told[n-1].orNil()
	}
	r := &request.Request{Protocol: b.Protocol, ID: b.ID, Controller: "document", Action: b.Action, Volatile: b.Volatile}
	r.SetArg("index", rawjson.AppendString(nil, at.index))
	r.SetArg("collection", rawjson.AppendString(nil, at.collection))
	call := *b.Call
	call.Request = r
	t := &told{at: at, of: &call, listened: b.Notifier.Listened(&call)}
	b.told = append(b.told, t)
	return t.orNil()
}

// told is what subscribers of a collection will be told.
type told struct {
	at       place
	of       *api.Call
	listened bool
	list     []api.Event
}

func (t *told) orNil() *told {
	if !t.listened {
		return nil
	}
	return t
}
