package command

import (
	"context"
	"iter"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// The store that a verb works on, which this process has opened, or which a server has open. What verbs use of it is
// the same for both, and does the same.

// anyStore is what verbs use of kuzzlite.Store. Those that need more of it are in ownstore.go.
type anyStore interface {
	Collection(index, collection string) anyCollection
	Consumer(name string) anyConsumer

	Indexes(ctx context.Context) ([]string, error)
	Collections(ctx context.Context, index string) ([]string, error)
	HasIndex(ctx context.Context, index string) (bool, error)
	HasCollection(ctx context.Context, index, collection string) (bool, error)
	CreateIndex(ctx context.Context, index string) error
	CreateCollection(ctx context.Context, index, collection string) error
	DeleteIndex(ctx context.Context, index string, o ...*kuzzlite.WriteOptions) error
	DeleteCollection(ctx context.Context, index, collection string, o ...*kuzzlite.WriteOptions) error

	Sequence(ctx context.Context) (uint64, error)
	Changes(ctx context.Context, since uint64, o ...*kuzzlite.ChangesOptions) iter.Seq2[kuzzlite.Change, error]
	Consumers(ctx context.Context) ([]kuzzlite.ConsumerState, error)

	Stats(ctx context.Context) (*kuzzlite.Stats, error)
	Check(ctx context.Context, o ...*kuzzlite.CheckOptions) (*kuzzlite.CheckReport, error)
	BackupFile(ctx context.Context, path string, o ...*kuzzlite.BackupOptions) (int64, error)
	Close() error
}

// anyCollection is what verbs use of kuzzlite.Collection.
type anyCollection interface {
	Get(ctx context.Context, id string) (kuzzlite.Document, error)
	MGet(ctx context.Context, ids []string) (*kuzzlite.Found[kuzzlite.Document], error)
	Exists(ctx context.Context, id string) (bool, error)
	Count(ctx context.Context, q ...kuzzlite.Query) (uint64, error)
	All(ctx context.Context, o ...*kuzzlite.ListOptions) iter.Seq2[kuzzlite.Document, error]
	Find(ctx context.Context, q kuzzlite.Query, o ...*kuzzlite.FindOptions) iter.Seq2[kuzzlite.Document, error]
	FindPage(ctx context.Context, q kuzzlite.Query, o ...*kuzzlite.FindOptions) (*kuzzlite.Page, error)
	Search(ctx context.Context, s *wire.Search) (*kuzzlite.SearchResult, error)
	SearchAll(ctx context.Context, s *wire.Search) iter.Seq2[kuzzlite.Hit, error]
	Explain(ctx context.Context, q kuzzlite.Query, o ...*kuzzlite.FindOptions) (*kuzzlite.Explanation, error)
	Aggregate(ctx context.Context, q kuzzlite.Query, to kuzzlite.Aggregation, o ...*kuzzlite.FindOptions) (
		*kuzzlite.Explanation, error)

	Create(ctx context.Context, id string, body any, o ...*kuzzlite.WriteOptions) (*kuzzlite.Success, error)
	Replace(ctx context.Context, id string, body any, o ...*kuzzlite.WriteOptions) (*kuzzlite.Success, error)
	Update(ctx context.Context, id string, changes any, o ...*kuzzlite.WriteOptions) (*kuzzlite.Success, error)
	Upsert(ctx context.Context, id string, changes, defaults any, o ...*kuzzlite.WriteOptions) (*kuzzlite.Success, error)
	DeleteFields(ctx context.Context, id string, fields []string, o ...*kuzzlite.WriteOptions) (*kuzzlite.Success, error)
	MUpsertJSON(ctx context.Context, documents []byte, o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error)
	MCreateOrReplace(ctx context.Context, items []kuzzlite.Write, o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error)
	MDelete(ctx context.Context, ids []string, o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error)
	UpdateByQuery(
		ctx context.Context, q kuzzlite.Query, changes any, o ...*kuzzlite.ByQueryOptions,
	) (*kuzzlite.ByQueryResult, error)
	DeleteByQuery(ctx context.Context, q kuzzlite.Query, o ...*kuzzlite.ByQueryOptions) (*kuzzlite.ByQueryResult, error)
	Truncate(ctx context.Context, o ...*kuzzlite.WriteOptions) error

	FieldIndexes(ctx context.Context) ([]kuzzlite.FieldIndexState, error)
	EnsureFieldIndex(ctx context.Context, index kuzzlite.FieldIndex, o ...*kuzzlite.FieldIndexOptions) error
	DropFieldIndex(ctx context.Context, name string) error
	Mapping(ctx context.Context) (*kuzzlite.Mapping, error)
	UpdateMapping(ctx context.Context, changes kuzzlite.Mapping, o ...*kuzzlite.MappingOptions) error

	Watch(ctx context.Context, o ...*kuzzlite.WatchOptions) iter.Seq2[kuzzlite.Change, error]
}

// anyConsumer is what verbs use of kuzzlite.Consumer.
type anyConsumer interface {
	Create(ctx context.Context, o ...*kuzzlite.ConsumerOptions) error
	State(ctx context.Context) (kuzzlite.ConsumerState, error)
	Changes(ctx context.Context, o ...*kuzzlite.ChangesOptions) iter.Seq2[kuzzlite.Change, error]
	Ack(ctx context.Context, sequence uint64) error
	Delete(ctx context.Context) error
}
