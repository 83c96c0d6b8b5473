package library

import (
	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// actions are the calls of the library by the names of their actions.
var actions = map[string]*action{
	"hello":    {ask: func(*call) outcome { return outcome{value: wire.Hello{Version: wire.Version}} }},
	"sequence": {ask: func(c *call) outcome { return outcome{value: c.store.Sequence()} }},
	"stats":    {ask: func(c *call) outcome { return returned(c.store.Stats(c.ctx)) }},
	"check":    {stream: check},
	"backup":   {stream: backup},

	"indexes":     {ask: func(c *call) outcome { return returned(c.store.Indexes(c.ctx)) }},
	"hasIndex":    {ask: func(c *call) outcome { return returned(c.store.HasIndex(c.ctx, string(c.Index))) }},
	"createIndex": {writes: true, ask: func(c *call) outcome { return done(c.store.CreateIndex(c.ctx, string(c.Index))) }},
	"deleteIndex": {writes: true, ask: func(c *call) outcome {
		return done(c.store.DeleteIndex(c.ctx, string(c.Index), c.Write.Library()))
	}},
	"collections": {ask: func(c *call) outcome { return returned(c.store.Collections(c.ctx, string(c.Index))) }},
	"hasCollection": {ask: func(c *call) outcome {
		return returned(c.store.HasCollection(c.ctx, string(c.Index), string(c.Collection)))
	}},
	"createCollection": {writes: true, ask: func(c *call) outcome {
		return done(c.store.CreateCollection(c.ctx, string(c.Index), string(c.Collection)))
	}},
	"deleteCollection": {writes: true, ask: func(c *call) outcome {
		return done(c.store.DeleteCollection(c.ctx, string(c.Index), string(c.Collection), c.Write.Library()))
	}},

	"changes":        {stream: changes},
	"consume":        {stream: consume},
	"watch":          {stream: watch},
	"consumers":      {ask: func(c *call) outcome { return returned(c.store.Consumers(c.ctx)) }},
	"consumer":       {ask: func(c *call) outcome { return returned(c.consumer().State(c.ctx)) }},
	"createConsumer": {writes: true, ask: func(c *call) outcome { return done(c.consumer().Create(c.ctx, c.Consumer)) }},
	"deleteConsumer": {writes: true, ask: func(c *call) outcome { return done(c.consumer().Delete(c.ctx)) }},
	"acknowledge":    {writes: true, ask: func(c *call) outcome { return done(c.consumer().Ack(c.ctx, c.Sequence)) }},

	"get":     {ask: get},
	"mGet":    {ask: mGet},
	"exists":  {ask: func(c *call) outcome { return returned(c.collection().Exists(c.ctx, string(c.ID))) }},
	"mExists": {ask: mExists},
	"count":   {ask: count},
	"all":     {stream: all},

	"find":      {stream: find},
	"findPage":  {ask: findPage},
	"search":    {ask: search},
	"searchAll": {stream: searchAll},
	"explain": {ask: func(c *call) outcome {
		return returned(c.collection().Explain(c.ctx, c.Query.Library(), c.Find.Library()))
	}},

	"create":          {writes: true, ask: withBody((*kuzzlite.Collection).Create)},
	"createOrReplace": {writes: true, ask: withBody((*kuzzlite.Collection).CreateOrReplace)},
	"replace":         {writes: true, ask: withBody((*kuzzlite.Collection).Replace)},
	"update":          {writes: true, ask: withBody((*kuzzlite.Collection).Update)},
	"upsert":          {writes: true, ask: upsert},
	"delete":          {writes: true, ask: remove},
	"deleteFields":    {writes: true, ask: deleteFields},

	"mCreate":          {writes: true, ask: withBodies((*kuzzlite.Collection).MCreate)},
	"mCreateOrReplace": {writes: true, ask: withBodies((*kuzzlite.Collection).MCreateOrReplace)},
	"mReplace":         {writes: true, ask: withBodies((*kuzzlite.Collection).MReplace)},
	"mUpdate":          {writes: true, ask: withBodies((*kuzzlite.Collection).MUpdate)},
	"mUpsert":          {writes: true, ask: mUpsert},
	"mUpsertJSON":      {writes: true, ask: mUpsertJSON},
	"mDelete":          {writes: true, ask: mDelete},
	"mDeleteFields":    {writes: true, ask: mDeleteFields},
	"mLoad":            {writes: true, ask: mLoad},

	"updateByQuery": {writes: true, stream: updateByQuery},
	"deleteByQuery": {writes: true, stream: deleteByQuery},
	"truncate": {writes: true, ask: func(c *call) outcome {
		return done(c.collection().Truncate(c.ctx, c.Write.Library()))
	}},

	"fieldIndexes":     {ask: fieldIndexes},
	"ensureFieldIndex": {writes: true, stream: ensureFieldIndex},
	"dropFieldIndex": {writes: true, ask: func(c *call) outcome {
		return done(c.collection().DropFieldIndex(c.ctx, string(c.Name)))
	}},

	"mapping":       {ask: mapping},
	"updateMapping": {writes: true, ask: updateMapping},
}
