package wire

import "github.com/kuzzlite/kuzzlite"

// Call is the head of a request: of all arguments those that the action has. Contents of documents are values behind
// the head.
type Call struct {
	Index      Text   `json:"index,omitempty"`
	Collection Text   `json:"collection,omitempty"`
	ID         Text   `json:"id,omitempty"`
	IDs        []Text `json:"ids,omitempty"`
	Name       Text   `json:"name,omitempty"`     // of a consumer or a field index
	Sequence   uint64 `json:"sequence,omitempty"` // of a change

	Items      []Item      `json:"items,omitempty"`     // with contents in the values
	Documents  []Document  `json:"documents,omitempty"` // with their sources in the values
	FieldIndex *FieldIndex `json:"fieldIndex,omitempty"`

	Mapping *kuzzlite.MappingOptions `json:"mapping,omitempty"` // with the mapping in the values

	Query    *Query           `json:"query,omitempty"`
	Metadata bool             `json:"metadata,omitempty"` // as kuzzlite.Options.Metadata
	Progress bool             `json:"progress,omitempty"` // the caller wants to know how far the call comes
	Write    *WriteOptions    `json:"write,omitempty"`
	Find     *FindOptions     `json:"find,omitempty"`
	Search   *Search          `json:"search,omitempty"`
	List     *ListOptions     `json:"list,omitempty"`
	ByQuery  *ByQueryOptions  `json:"byQuery,omitempty"`
	Watch    *WatchOptions    `json:"watch,omitempty"`
	Changes  *ChangesOptions  `json:"changes,omitempty"`
	Consumer *ConsumerOptions `json:"consumer,omitempty"`
}

// Item is a document of a call that writes several.
type Item struct {
	ID        Text   `json:"id"`
	Fields    []Text `json:"fields,omitempty"` // of a FieldDeletion
	IfVersion uint64 `json:"ifVersion,omitempty"`
	IfAbsent  bool   `json:"ifAbsent,omitempty"`
}

// Reply is the head of the outcome of a call: what it returns, and its error.
type Reply struct {
	Value any    `json:"value,omitempty"`
	Error *Error `json:"error,omitempty"`
}
