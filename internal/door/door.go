// Package door is how another package of this module opens a store over an engine of its own. The root package has no
// exported function for that, since an engine is of a type that programs cannot name; and this package cannot import
// the root package, which imports this one. So Open is set when the root package is linked, and whoever uses Open says
// once of what type it is:
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
