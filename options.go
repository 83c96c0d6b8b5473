package kuzzlite

import (
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"
)

// Durability says what an acknowledged write has reached.
type Durability uint8

const (
	// Sync acknowledges a write once the disk has it: it survives a crash of the process, of the operating system
	// and of the power. This is the default.
	Sync Durability = iota

	// Relaxed acknowledges a write once the operating system has it, and syncs the log every Options.SyncInterval.
	// A crash of the process alone loses nothing. A crash of the operating system, or of the power, can lose the
	// newest writes, at most those since the last sync: the store is then as it was at some moment since.
	Relaxed
)

// String returns the name of d.
func (d Durability) String() string {
	switch d {
	case Sync:
		return "sync"
	case Relaxed:
		return "relaxed"
	}
	return "unknown durability"
}

// LogMode says whether writes go through a write-ahead log.
type LogMode uint8

const (
	// LogOn appends each write to a log beside the store's file, and syncs the log alone. Now and then, in the background,
	// what the log has is written into the store's file, and that part of the log is used again. After a crash Open reads
	// what is only in the log. A store that was closed has no log. This is the default.
	LogOn LogMode = iota

	// LogOff writes each call into the store's file at once and syncs the file, twice. That is slower, and callers do not
	// share a sync; the store is one file at all times but while it is compacted.
	LogOff
)

// OpenMode says which files Open opens.
type OpenMode uint8

const (
	// OpenOrCreate opens the store in a file, and creates one if there is no file. This is the default.
	OpenOrCreate OpenMode = iota

	// OpenExisting opens the store in a file that is there. Otherwise Open fails with [fs.ErrNotExist]: a mistyped path
	// makes no store.
	OpenExisting

	// OpenNew creates a store. If there is a file Open fails with [ErrExists].
	OpenNew
)

// Options configures a [Store]. A nil *Options, and every zero field, means the default.
type Options struct {
	// AutoCreate makes writes create the index and the collection they name. Default: writes and reads of an
	// unknown index or collection are an error.
	AutoCreate bool

	// Mode is whether there must be a file, or must not be one. Default OpenOrCreate. OpenMemory refuses
	// OpenExisting.
	Mode OpenMode

	// ReadOnly opens an existing file for reading: the file is never changed, and no other process may have it open
	// for writing at the same time. OpenMemory refuses it.
	ReadOnly bool

	// LockTimeout bounds how long Open waits for a file that another process has open. Default 1 s; negative: do
	// not wait.
	LockTimeout time.Duration

	// Durability is what an acknowledged write has reached. Default Sync. A store in memory has none.
	Durability Durability

	// Log says whether writes go through a write-ahead log. Default LogOn, but LogOff on Solaris, illumos and AIX, which
	// have no lock that fits. Stores written with either are opened with either. Relaxed needs the log, which needs the
	// right to create files in the store's directory. A store in memory has no log.
	Log LogMode

	// CheckpointSize is how many bytes of acknowledged writes are kept in memory before they are written to the store's
	// file. Writes go on meanwhile, so that two and a half times as much may be in memory. The log may be twice as large as
	// what is in memory, because a small write takes a whole sector of 512 bytes. Larger, documents that are written often
	// are written to the file more seldom; Open takes longer after a crash. Default 16 MiB; 64 KiB to 256 MiB.
	CheckpointSize int

	// SyncInterval is the time between two syncs with Durability Relaxed. Default 1 s.
	SyncInterval time.Duration

	// RetryOnConflict is used by calls whose WriteOptions leave it 0. Default 10.
	RetryOnConflict int

	// Metadata makes writes keep Kuzzle's _kuzzle_info (author, createdAt, updater, updatedAt) in the documents, and
	// ignore what callers pass under that key. Default: none is written, and _kuzzle_info is a key like any other.
	Metadata bool

	// Kuzzle makes every verb exactly Kuzzle's, where this library has a way of its own: see the package documentation.
	// It implies Metadata, and MaxDepth is 1,000 unless it is given. It says how calls behave, not how anything is stored:
	// a store may be opened with it and without.
	Kuzzle bool

	// Logger is told what happens behind the calls. Of a store in a file: a log that was replayed by Open and a compaction
	// (info), checkpoints (debug), a sync of the log of more than a second and a checkpoint that waits for room on the disk
	// (warn), and why the store takes no more writes (error). Of any store: documents that have expired and cannot be
	// removed (warn). It is called by goroutines of the store, and must not call the store. Default: nobody is told.
	Logger *slog.Logger

	// Clock tells the time, for metadata, records, the change feed, tombstones, documents that expire and MaxViewTime.
	// Default: the system's. For tests there is [FakeClock].
	Clock Clock

	// MaxDepth is the deepest nesting of objects and arrays a document may have. Default 128, at most 1,000.
	MaxDepth int

	// MaxDocumentSize is the largest document, in bytes of JSON, counted after the merge. Default 16 MiB, at most
	// 512 MiB.
	MaxDocumentSize int

	// MaxViewTime is how long Store.View may read one state of the store. Default 1 min.
	MaxViewTime time.Duration

	// TombstoneRetention is how long a deleted document's version is remembered: re-created within this time its
	// version goes on where it was, afterwards it starts at 1 again. Default 60 s, as in Elasticsearch
	// (index.gc_deletes); negative: not at all.
	TombstoneRetention time.Duration

	// FeedMaxCount is how many changes the change feed keeps at least; older ones go, many at a time, if no [Consumer]
	// holds them back. Default 100,000; negative: all of them.
	FeedMaxCount int

	// FeedMaxAge is how long the change feed keeps a change at most, by Options.Clock, if no [Consumer] holds it back.
	// Changes go when something is written: a store that nobody writes to keeps what it has. Default 0: age does not
	// matter.
	FeedMaxAge time.Duration
}

const (
	defaultLockTimeout        = time.Second
	defaultSyncInterval       = time.Second
	defaultCheckpointSize     = 16 << 20
	minCheckpointSize         = 64 << 10
	maxCheckpointSize         = 256 << 20
	defaultMaxDepth           = 128
	hardMaxDepth              = 1000
	defaultMaxDocumentSize    = 16 << 20
	hardMaxDocumentSize       = 512 << 20
	defaultRetries            = 10
	defaultMaxViewTime        = time.Minute
	defaultTombstoneRetention = 60 * time.Second
	defaultFeedMaxCount       = 100_000
	maxOrigin                 = 128 // bytes
)

// WriteOptions says how one writing call behaves. Every zero field means the default, as do options that are left out,
// or nil.
type WriteOptions struct {
	// Atomic writes all documents of the call or none: if one fails, nothing is written and the call returns
	// ErrIncomplete. Default: each document stands for itself.
	Atomic bool

	// Strict makes the call return ErrIncomplete if any document failed; those that did not fail are written all the
	// same (Kuzzle: strict). With Options.Kuzzle the changes of such a call are silent.
	Strict bool

	// Silent hides the changes from Watch. They are in the change feed all the same, marked as silent.
	Silent bool

	// RetryOnConflict bounds how often work that was computed from a version which has since moved is computed again:
	// with one writer, as here, that is the function of Mutate. Negative: until the context is done. Default
	// Options.RetryOnConflict. A call with IfVersion or IfAbsent is never tried again.
	RetryOnConflict int

	// IfVersion is the version which every document of the call that has no condition of its own must have, see
	// Upsert.IfVersion; IfAbsent, that it must not exist. Default: neither.
	IfVersion uint64
	IfAbsent  bool

	// Merge is how changes are merged into an existing document. Default MergeElasticsearch.
	Merge MergeMode

	// OnCreate is how changes and default combine when a document is created. Default ChangesDeep: the default fills in
	// what the changes lack. With Options.Kuzzle DefaultsShallow for mUpsert and ChangesShallow for upsert.
	OnCreate CreateRule

	// NoSource leaves the documents out of the results: Success.Source is nil, and the JSON has no _source (Kuzzle: source
	// false). A call that changes little in many large documents, and does not look at them, then holds none of them once
	// it has returned. Default: results have the documents.
	NoSource bool

	// ExpireAfter makes the documents that the call writes expire so long after the call, and ExpireAt at a time, both to
	// the millisecond. From that moment on a document is absent, for every verb. Negative, ExpireAfter takes back that
	// they expire. Default: what is updated, or upserted where it exists, expires when it did before; what is created or
	// replaced does not. A call that sets when documents expire writes them even if it changes nothing else: to renew a
	// document [Collection.Modify] takes a function that returns nil.
	//
	// A document that has expired is removed soon, with [OpExpire] in the change feed: created again it goes on from the
	// version of its removal, as after a deletion.
	ExpireAfter time.Duration
	ExpireAt    time.Time

	// User is who writes, for metadata and the change feed. Default "": nobody, which is null in metadata.
	User string

	// LocalOnly marks the changes in the change feed as of no concern to other stores: package outbox sends them nowhere
	// (Kuzzle's SDKs: queuable false). Default: they concern whoever follows the feed.
	LocalOnly bool

	// Origin marks the changes in the change feed as brought here from elsewhere, and says from where: an outbox whose
	// server is this store writes so, and package outbox sends that nowhere. At most 128 bytes of valid UTF-8. Default "":
	// they were made here.
	Origin string
}

// resolved returns o with every default filled in, or what is wrong with it.
func (o *Options) resolved() (Options, error) {
	var r Options
	if o != nil {
		r = *o
	}
	r.LockTimeout = orDefault(r.LockTimeout, defaultLockTimeout)
	r.SyncInterval = orDefault(r.SyncInterval, defaultSyncInterval)
	r.CheckpointSize = orDefault(r.CheckpointSize, defaultCheckpointSize)
	if r.Kuzzle {
		r.Metadata = true
		r.MaxDepth = orDefault(r.MaxDepth, hardMaxDepth)
	}
	r.MaxDepth = orDefault(r.MaxDepth, defaultMaxDepth)
	r.MaxDocumentSize = orDefault(r.MaxDocumentSize, defaultMaxDocumentSize)
	r.RetryOnConflict = orDefault(r.RetryOnConflict, defaultRetries)
	r.MaxViewTime = orDefault(r.MaxViewTime, defaultMaxViewTime)
	r.TombstoneRetention = orDefault(r.TombstoneRetention, defaultTombstoneRetention)
	r.FeedMaxCount = orDefault(r.FeedMaxCount, defaultFeedMaxCount)
	if r.Clock == nil {
		r.Clock = systemClock{}
	}
	for _, rule := range []struct {
		ok   bool
		want string
	}{
		{r.Mode <= OpenNew, "Mode must be OpenOrCreate, OpenExisting or OpenNew"},
		{!r.ReadOnly || r.Mode != OpenNew, "a new store cannot be ReadOnly"},
		{r.Durability <= Relaxed, "Durability must be Sync or Relaxed"},
		{r.Log <= LogOff, "Log must be LogOn or LogOff"},
		{r.Durability != Relaxed || r.Log == LogOn, "Durability Relaxed needs Log LogOn"},
		{minCheckpointSize <= r.CheckpointSize && r.CheckpointSize <= maxCheckpointSize,
			"CheckpointSize must be 64 KiB to 256 MiB"},
		{r.SyncInterval > 0, "SyncInterval must be positive"},
		{r.MaxDepth > 0 && r.MaxDepth <= hardMaxDepth, "MaxDepth must be 1 to 1000"},
		{r.MaxDocumentSize > 0 && r.MaxDocumentSize <= hardMaxDocumentSize, "MaxDocumentSize must be 1 byte to 512 MiB"},
		{r.MaxViewTime > 0, "MaxViewTime must be positive"},
		{r.FeedMaxAge >= 0, "FeedMaxAge must not be negative"},
	} {
		if !rule.ok {
			return r, fmt.Errorf("%w options: %s", ErrInvalid, rule.want)
		}
	}
	return r, nil
}

// retention returns TombstoneRetention in ms, negative if there is none.
func (o *Options) retention() int64 {
	if o.TombstoneRetention < 0 {
		return -1
	}
	return o.TombstoneRetention.Milliseconds()
}

// resolved returns o with the store's defaults filled in, or what is wrong with it.
func (o *WriteOptions) resolved(store *Options) (WriteOptions, error) {
	var r WriteOptions
	if o != nil {
		r = *o
	}
	r.RetryOnConflict = orDefault(r.RetryOnConflict, store.RetryOnConflict)
	for _, rule := range []struct {
		ok   bool
		want string
	}{
		{r.Merge <= MergePatch, "Merge must be MergeElasticsearch or MergePatch"},
		{r.OnCreate <= DefaultsShallow,
			"OnCreate must be ChangesDeep, ChangesShallow, DefaultsDeep or DefaultsShallow"},
		{r.IfVersion == 0 || !r.IfAbsent, "IfVersion and IfAbsent exclude each other"},
		{r.ExpireAfter == 0 || r.ExpireAt.IsZero(), "ExpireAfter and ExpireAt exclude each other"},
		{r.ExpireAt.IsZero() || storable(r.ExpireAt), "ExpireAt must be " + storableTimes},
		{utf8.ValidString(r.User), "User must be valid UTF-8"},
		{len(r.Origin) <= maxOrigin && utf8.ValidString(r.Origin), "Origin must be at most 128 bytes of valid UTF-8"},
	} {
		if !rule.ok {
			return r, fmt.Errorf("%w options: %s", ErrInvalid, rule.want)
		}
	}
	return r, nil
}

// onlyOne returns the options that a call was given, nil if none.
func onlyOne[T any](o []*T) (*T, error) {
	switch len(o) {
	case 0:
		return nil, nil
	case 1:
		return o[0], nil
	}
	return nil, fmt.Errorf("%w options: %d sets of them, one is enough", ErrInvalid, len(o))
}

// condition returns what the options ask of each document.
func (o *WriteOptions) condition() condition { return condition{o.IfVersion, o.IfAbsent} }

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
