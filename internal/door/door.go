// Package door is what other packages of this module can do with a store and programs cannot: open a store over an
// engine of their own, whose type programs cannot name, and write as Kuzzle's server does. This package cannot import
// the root package, which imports this one. So the variables are set when the root package is linked, and whoever uses
// one says once of what type it is:
//
//	var open = door.Open.(func(name string, e kv.Engine, o *kuzzlite.Options) (*kuzzlite.Store, error))
package door

// Open opens a store over an engine. It is a
//
//	func(name string, e kv.Engine, o *kuzzlite.Options) (*kuzzlite.Store, error)
//
// The store owns the engine, and closes it, also where Open fails. name is what Store.Path returns, and stands in
// errors. An engine without a bucket becomes an empty store. Options.Mode and Options.ReadOnly hold for what is in the
// engine; options of files do nothing.
//
// Errors: those of kuzzlite.Open, as far as they are not of files. An engine that has buckets and no store is
// kuzzlite.ErrNotStore.
var Open any

// Handle returns another handle of a store: with kuzzle its verbs are Kuzzle's, as with Options.Kuzzle but for the limits
// of one call, with Options.Metadata as given; without, they are the library's. Options.AutoCreate is off. It is a
//
//	func(s *kuzzlite.Store, kuzzle, metadata bool) *kuzzlite.Store
//
// Closing the handle closes the store.
var Handle any

// WriteJSON makes the call of one of Kuzzle's actions on many documents for the list of its request as it is: mCreate,
// mCreateOrReplace, mReplace and mUpdate for [{"_id", "body"}, ...], mDelete for [id, ...]. What is no string as an id is
// treated as Kuzzle does. It is a
//
//	func(ctx context.Context, c *kuzzlite.Collection, action string, list []byte, o *kuzzlite.WriteOptions) (
//		*kuzzlite.Result, error)
//
// The collection must be of a handle that Handle returned, with kuzzle. Errors are those of the verbs; a list that is not valid JSON
// is kuzzlite.ErrInvalid.
var WriteJSON any

// Merge returns what changes make of a document, as an update merges them: objects are merged, all else is replaced. It
// is a
//
//	func(document, changes []byte) []byte
//
// Both are compact and valid JSON objects. What is returned may share their memory.
var Merge any

// Freeze returns a handle of a store that reads the state in which the store is now, and writes nothing. release ends
// it: its calls are kuzzlite.ErrSnapshotGone then. As long as it is there the file of a store grows with each write. It
// is a
//
//	func(s *kuzzlite.Store) (handle *kuzzlite.Store, release func(), err error)
var Freeze any

// ByWords asks indexes of words what documents have which scores for a query. It is a
//
//	func(ctx context.Context, c *kuzzlite.Collection, q kuzzlite.Query, scorer filter.Scorer, first int,
//		o *kuzzlite.FindOptions) (counted bool, best []kuzzlite.Hit, total int, err error)
//
// The scorer is that of q, and has counted nothing. counted says that indexes have counted, and that the scorer is
// settled. With a first that is not negative and indexes that lead to all documents which match, best are the first ones
// of these, by their scores and then by their sequences, and total is how many there are; best is nil otherwise. The
// collection must be of a handle that Freeze returned.
var ByWords any

// Encode returns the JSON of a Go value as the verbs of a collection read it, not validated; of json.RawMessage and
// []byte the value itself, nil for nil and for JSON of no bytes. It is a
//
//	func(v any) ([]byte, error)
var Encode any

// Single marks an error as that of a call for one document, which has no position in a request. It is a
//
//	func(e *kuzzlite.DocumentError)
var Single any

// Announce says that a call with the context returned is about to come, which may write: so the store, if it is on disk,
// waits for that a little before it syncs its log, for one sync will do for both. come ends the wait where the call has
// not written; it is called in any case. It is a
//
//	func(ctx context.Context, s *kuzzlite.Store) (announced context.Context, come func())
var Announce any

// Mark returns a number that grows with each change of an index and of what is in it: once the change can be read, and
// before the call that makes it returns, also with Store.Restore. So what was read of the index after a look at the number
// holds as long as the number stays. It is a
//
//	func(s *kuzzlite.Store, index string) *atomic.Uint64
var Mark any
