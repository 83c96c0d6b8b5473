// Package kuzzlite is an embedded JSON document store. Its central verb is Kuzzle's mUpsert: merge these changes into
// these documents, create what is missing, and say of each document what happened, as one durable call.
//
// # The types to learn
//
// There are seven:
//
//   - [Store] is an open store: in a file, or in memory.
//   - [Collection] is a handle for the documents of one collection, in one index. It has all the verbs.
//   - [Tx] is a transaction over collections, within [Store.Update] or [Store.View].
//   - [Upsert] is one document of a call of [Collection.MUpsert]; [Result] is what became of them all.
//   - [Document] is a document as it is stored.
//   - [Change] is an entry of the change feed.
//
// This is all. The other types are options, other forms of these, and reports.
//
//	carts := db.Collection("shop", "carts")
//	res, err := carts.MUpsert(ctx, []kuzzlite.Upsert{
//		{ID: "c1", Changes: map[string]any{"total": 12}, Default: map[string]any{"state": "open"}},
//		{ID: "c2", Changes: json.RawMessage(`{"total":3}`), IfVersion: 4},
//	})
//
// The other verbs take the same way: [Collection.Create], [Collection.CreateOrReplace], [Collection.Replace],
// [Collection.Update], [Collection.Upsert], [Collection.Delete], [Collection.DeleteFields], each with a form for many
// documents whose name begins with M. They differ by what they do when the document is there, or is not.
//
// [Open] opens a file, [OpenMemory] a store that is gone after [Store.Close]. An index and a collection must exist
// before they are used; with Options.AutoCreate the first write makes them.
//
// # Versions
//
// A document is created at version 1, and each write that changes it adds one. A deletion adds one too: a document
// that is created again soon after goes on two above where it was. How soon is Options.TombstoneRetention; later it
// starts at 1 again.
//
// Changes that change nothing write nothing. The version stays, nothing enters the change feed, and the entry of the
// result says Noop. Numbers are the same if value and kind are: 1.0 is 1.00, but not 1. Replace and DeleteFields
// always write.
//
// IfVersion makes a write depend on the version: if the document has another version, it fails with [ErrConflict] and
// stays as it is. With IfAbsent the document must not exist. The check is part of the write, so nobody can come in
// between, and the write is never tried again: trying again cannot make the version right. Both stand in [Upsert]
// and [Write] for one document, IfVersion in [FieldDeletion] too, and both in [WriteOptions] for all documents of the
// call that name neither.
//
// A change that depends on what is there is made by [Collection.Modify]: it reads the document, has a function work out
// changes, and merges them in, all in the one turn to write, so it cannot conflict. [Collection.Mutate] is for
// functions that take long: nobody waits for them, and if the version has moved meanwhile they are called again.
//
// # Transactions
//
// [Store.Update] runs a function that reads and writes documents of any collections, all of it or nothing; what the
// function has written it sees. [Store.View] reads one state of the whole store. Inside, the collections are those of
// [Tx.Collection], with the same methods.
//
// # Merging and creating
//
// Objects are merged key by key, at all depths. Anything else is replaced: arrays as a whole, and null is a value
// that is stored. With [MergePatch] null removes. What the changes do not touch keeps its bytes: large numbers, 1.10,
// the order of keys. New keys come last.
//
// A document that does not exist is created from the changes and the default: the default fills in what the changes
// lack, at all depths. [CreateRule] has other rules: [DefaultsShallow] is Kuzzle's mUpsert exactly, [ChangesShallow] is
// Kuzzle's upsert; with Options.Kuzzle these two are the default. On a document that exists the default has no effect.
//
// One call may name an id several times: the items apply in their order, each with a result of its own.
//
// # Mappings
//
// A collection takes all documents, and queries compare values by their JSON type, until [Collection.UpdateMapping]
// gives it a [Mapping]. From then on it behaves as Elasticsearch: documents that do not fit are refused, each alone, a
// dynamic mapping learns the fields that they bring, and queries go by the types.
//
// # Errors
//
// The error of a call with many documents is for the call as a whole: the store is closed, the collection is unknown,
// the context is done, the disk fails. What went wrong with one document is never in it, but in Result.Errors, as a
// [*DocumentError] that holds one of this package's errors:
//
//	for _, ok := range res.Successes {
//		fmt.Println(ok.ID, ok.Status, ok.Version, string(ok.Source))
//	}
//	for _, failed := range res.Errors {
//		fmt.Println(failed.Status, failed.Reason)
//	}
//
// [Result.Err] joins them. A verb for one document returns the DocumentError itself. Two options make the errors of
// documents one of the call, [ErrIncomplete]: Strict writes what it can first, Atomic writes all or nothing.
//
// The JSON of a [Result] is Kuzzle's for the same action.
//
// # Durability
//
// The documents of one call are written all together. After a crash all that the call wrote is there, or nothing of it.
// What an acknowledged call has reached is Options.Durability:
//
//   - [Sync], the default: the disk. It survives a crash of the program, of the operating system, and of the power, as
//     far as the disk keeps what it says it has.
//   - [Relaxed]: the operating system, which is told to write the log to disk at intervals. A crash of the program
//     loses nothing. A crash of the operating system or of the power can lose the newest writes, at most those of the
//     last interval: the store is then as it was at some moment since.
//   - A store in memory is lost with the process.
//
// [Store.Sync] ends the interval at once.
//
// Writes go to a write-ahead log beside the file, unless Options.Log says otherwise. A checkpoint writes them from
// memory into the file, in the background, once there are Options.CheckpointSize bytes of them. A store that was
// closed has no log; after a crash Open reads what is only in the log.
//
// If the disk reports an error while a call is made durable, nobody knows whether the call was written. The call
// returns [ErrOutcomeUnknown], and all writes that follow fail with [ErrFailed]; reads go on. Close the store, open
// it again, and read the documents to find out. A disk that is full is told apart, by [ErrDiskFull]: nothing was
// written, and the store goes on.
//
// What a call tells is durable, also where the call writes nothing: [ErrExists] and [ErrConflict] are returned once
// what they come of is durable.
//
// A context that is done before a call has worked out what it writes ends the call, soon and without a trace. After
// that the call goes through, and returns what happened. In a transaction that holds for each call through its [Tx].
//
// # Many callers
//
// All methods may be called from many goroutines at once, but for those of a [Tx]. Reads do not wait for writes. Writes
// take turns, which are short: a call works out what it writes, and lets the next one in while it waits for the disk.
// Calls that wait for the disk at the same time share one sync. A lone caller waits for nobody. What fails in one call
// does not touch the others.
//
// # Who owns bytes
//
// Bytes handed out belong to the caller: they may be kept and changed. Bytes handed in are not kept: once the call
// has returned they may be used again. This holds for [encoding/json.RawMessage], for []byte, and for documents in
// Result and Document alike. Where one call names an id several times, entries that show the same document share its
// bytes.
//
// # Listing and following
//
// [Collection.All] lists documents by id, and goes on after the id in ListOptions.After:
//
//	for cart, err := range carts.All(ctx, &page) {
//
// All holds no lock and no state of the store while the loop runs, so that anything may be called in the loop and
// nobody waits for a slow one. In return it does not show one moment of the whole collection; within [Store.View] it
// does.
//
// Each change gets the next sequence number of the store, and is written together with what it changes. [Store.Changes]
// yields the changes after a sequence, and follows those that come if it is told to, without a gap or a repeat.
// [Collection.Watch] follows one collection, from now on or from a sequence, and leaves out what was written with
// WriteOptions.Silent. A slow reader delays no writer. How many changes are kept is an option; to ask for older ones is
// [ErrSequenceGone], and never a gap that goes unnoticed.
//
// A [Consumer] is a place in the feed that has a name and is kept in the store, for what must see every change across
// restarts: what a consumer has not acknowledged stays in the feed, up to a bound.
//
// # Documents that expire
//
// WriteOptions.ExpireAfter and ExpireAt say when the documents of a call expire. At that moment they are absent, for
// every verb; in a transaction, at the time at which it began. An update keeps when a document expires, and a
// replacement takes it back. What has expired is removed in the background, with [OpExpire] in the feed. The time is
// that of Options.Clock: with a [FakeClock] a test moves it, and all that is due has happened when [FakeClock.Advance]
// returns.
//
// # Metadata
//
// With Options.Metadata writes keep Kuzzle's _kuzzle_info in the documents: author, createdAt, updater and updatedAt,
// by WriteOptions.User and Options.Clock. What callers pass under that key is then ignored, except in the default
// with [DefaultsShallow], as in Kuzzle. Since the time is part of the document, changes that change nothing else are
// a write, too. Without the option _kuzzle_info is a key like any other.
//
// # Kuzzle's own way
//
// The verbs follow Kuzzle, and have a way of their own where that serves a program better. With Options.Kuzzle they are
// Kuzzle's exactly, for whoever stands in for a Kuzzle server:
//
//   - Where changes and default of a new document overlap, the default wins in [Collection.MUpsert] and the changes
//     win in [Collection.Upsert], both at the top level only.
//   - Documents have Kuzzle's metadata, as with Options.Metadata.
//   - What Elasticsearch would refuse is [ErrInvalid], in its words: at the top level, and in _kuzzle_info, names that
//     are empty, blank, nothing but dots, or have an empty or blank part between dots; and _id, _source and the other
//     names of Elasticsearch's own at the top level. What lies in other objects is not looked at. [1:59] in a reason
//     is a column of the document as Kuzzle hands it over, which is not quite the one stored.
//   - An id that Elasticsearch takes for none, or that has more than 512 bytes, fails the call, or is not found.
//   - A call writes 200 documents at most, what is refused included, and reads 10,000: more is [ErrTooLarge]. MDelete
//     is bound by what it finds.
//   - The index kuzzle and collections named _kuzzle_keep cannot be created.
//   - Results show what Kuzzle shows: errors that it finds itself come first, an item that the storage has refused is
//     shown as it was handed over, and UpdatedFields of an id that occurs several times are those of its last item.
//     MCreate of one new id twice replaces the first. Nobody is told of a strict call that fails.
//
// Documents keep their bytes all the same: numbers are not rounded, and keys stay in their order. What is left to
// differ is listed in docs/design.md.
//
// # Files and processes
//
// A store is one file, plus a log of a few files beside it while it is open for writing. One [Store] can have the file
// open for writing, or several for reading, in one process or in many. Whoever comes too late gets [ErrLocked],
// with who holds the file where the system tells. The lock is advisory, and ends with the process. The file must be
// on a local disk. Whoever moves or copies a store that was not closed must take the log along.
//
// The file does not shrink by itself; freed pages are used again. [Store.Compact] gives them back and fills pages
// that are half empty. [Stats.CompactPays] says when free pages alone are reason enough. [Store.Backup] and
// [Store.BackupFile] copy the store while it is written to. [RestoreFile] puts a copy of a backup in the place of a
// store that nobody has open. [Store.Check] verifies a store. Every document has a checksum, which is verified whenever
// the document is read: damage is [ErrCorrupt]. Where these calls take long a function in their options is told of their
// [Progress].
//
// A store in memory can be set back to an earlier state at no cost, for tests: [Store.Snapshot], [Store.Restore].
//
// # Limits
//
// The depth and the size of documents are limited by Options. An id has 1 to 512 bytes. Names of indexes and
// collections are as in Kuzzle: 1 to 126 bytes, lower case, no white space, none of \ / * ? " < > | , + # : . & %, and
// not _all. JSON must be valid to the letter, in valid UTF-8, with no key twice in an
// object: nothing is repaired. Any other key is plain data, also "__proto__", the empty one, and those with dots.
//
// A call takes time in proportion to its request and to the documents that it touches, each as often as the call names
// it. It holds both in memory until it returns, and then only its result, which WriteOptions.NoSource keeps small. A
// call that writes more than 1 GiB (512 MiB on 32-bit machines) to a file is [ErrTooLarge]; a store in memory has no
// such limit.
package kuzzlite
