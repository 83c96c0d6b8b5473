package wire

import (
	"github.com/kuzzlite/kuzzlite"
)

// The options of calls. Each is that of the library, whose fields travel by their names; those that JSON cannot hold as
// they are have a field of the same name here, which stands before the library's.

// WriteOptions are kuzzlite.WriteOptions.
type WriteOptions struct {
	kuzzlite.WriteOptions
	User   Text `json:",omitempty"`
	Origin Text `json:",omitempty"`
}

// WriteOptionsOf returns options as they travel, nil for nil.
func WriteOptionsOf(o *kuzzlite.WriteOptions) *WriteOptions {
	if o == nil {
		return nil
	}
	return &WriteOptions{*o, Text(o.User), Text(o.Origin)}
}

// Library is the inverse of WriteOptionsOf.
func (o *WriteOptions) Library() *kuzzlite.WriteOptions {
	if o == nil {
		return nil
	}
	r := o.WriteOptions
	r.User, r.Origin = string(o.User), string(o.Origin)
	return &r
}

// FindOptions are kuzzlite.FindOptions.
type FindOptions struct {
	kuzzlite.FindOptions
	Sort    *Order `json:",omitempty"`
	After   Text   `json:",omitempty"`
	Fields  []Text `json:",omitempty"`
	Exclude []Text `json:",omitempty"`
}

// FindOptionsOf returns options as they travel, nil for nil. ErrInvalid for an order that was not made here.
func FindOptionsOf(o *kuzzlite.FindOptions) (*FindOptions, error) {
	if o == nil {
		return nil, nil
	}
	order, err := orderOf(o.Sort)
	return &FindOptions{*o, order, Text(o.After), Texts(o.Fields), Texts(o.Exclude)}, err
}

// Library is the inverse of FindOptionsOf.
func (o *FindOptions) Library() *kuzzlite.FindOptions {
	if o == nil {
		return nil
	}
	r := o.FindOptions
	r.After, r.Fields, r.Exclude = string(o.After), Strings(o.Fields), Strings(o.Exclude)
	if r.Sort = nil; o.Sort != nil {
		r.Sort = o.Sort
	}
	return &r
}

// ListOptions are kuzzlite.ListOptions.
type ListOptions struct {
	kuzzlite.ListOptions
	Prefix Text `json:",omitempty"`
	From   Text `json:",omitempty"`
	Until  Text `json:",omitempty"`
	After  Text `json:",omitempty"`
}

// ListOptionsOf returns options as they travel, nil for nil.
func ListOptionsOf(o *kuzzlite.ListOptions) *ListOptions {
	if o == nil {
		return nil
	}
	return &ListOptions{*o, Text(o.Prefix), Text(o.From), Text(o.Until), Text(o.After)}
}

// Library is the inverse of ListOptionsOf.
func (o *ListOptions) Library() *kuzzlite.ListOptions {
	if o == nil {
		return nil
	}
	r := o.ListOptions
	r.Prefix, r.From, r.Until, r.After = string(o.Prefix), string(o.From), string(o.Until), string(o.After)
	return &r
}

// ByQueryOptions are kuzzlite.ByQueryOptions. Each says that the caller wants to be told of documents.
type ByQueryOptions struct {
	kuzzlite.ByQueryOptions
	Write *WriteOptions `json:",omitempty"`
	Each  bool          `json:",omitempty"`
}

// ByQueryOptionsOf returns options as they travel, nil for nil.
func ByQueryOptionsOf(o *kuzzlite.ByQueryOptions) *ByQueryOptions {
	if o == nil {
		return nil
	}
	return &ByQueryOptions{kuzzlite.ByQueryOptions{Began: o.Began}, WriteOptionsOf(o.Write), o.Each != nil}
}

// Library is the inverse of ByQueryOptionsOf, but for Each.
func (o *ByQueryOptions) Library() *kuzzlite.ByQueryOptions {
	if o == nil {
		return nil
	}
	r := o.ByQueryOptions
	r.Write = o.Write.Library()
	return &r
}

// WatchOptions are kuzzlite.WatchOptions.
type WatchOptions struct {
	kuzzlite.WatchOptions
	Prefix Text   `json:",omitempty"`
	Query  *Query `json:",omitempty"`
}

// WatchOptionsOf returns options as they travel, nil for nil. ErrInvalid for a query that does not know its text.
func WatchOptionsOf(o *kuzzlite.WatchOptions) (*WatchOptions, error) {
	if o == nil {
		return nil, nil
	}
	q, err := QueryOf(o.Query)
	return &WatchOptions{*o, Text(o.Prefix), q}, err
}

// Library is the inverse of WatchOptionsOf.
func (o *WatchOptions) Library() *kuzzlite.WatchOptions {
	if o == nil {
		return nil
	}
	r := o.WatchOptions
	r.Prefix, r.Query = string(o.Prefix), o.Query.Library()
	return &r
}

// ChangesOptions are kuzzlite.ChangesOptions, and ConsumerOptions kuzzlite.ConsumerOptions.
type (
	ChangesOptions  = kuzzlite.ChangesOptions
	ConsumerOptions = kuzzlite.ConsumerOptions
)

// FieldIndex is a kuzzlite.FieldIndex, and as an answer a kuzzlite.FieldIndexState.
type FieldIndex struct {
	kuzzlite.FieldIndex
	Name     Text   `json:"name"`
	Fields   []Text `json:"fields"`
	Kind     Text   `json:"kind,omitempty"`
	Analyzer Text   `json:"analyzer,omitempty"`
	Where    Text   `json:"where,omitempty"`
	Building bool   `json:"building,omitempty"`
}

// FieldIndexOf returns a field index as it travels.
func FieldIndexOf(f kuzzlite.FieldIndexState) FieldIndex {
	return FieldIndex{
		f.FieldIndex, Text(f.Name), Texts(f.Fields), Text(f.Kind), Text(f.Analyzer), Text(f.Where), f.Building,
	}
}

// Library is the inverse of FieldIndexOf.
func (f *FieldIndex) Library() kuzzlite.FieldIndexState {
	r := f.FieldIndex
	r.Name, r.Fields, r.Kind = string(f.Name), Strings(f.Fields), kuzzlite.FieldIndexKind(f.Kind)
	r.Analyzer, r.Where = string(f.Analyzer), string(f.Where)
	return kuzzlite.FieldIndexState{FieldIndex: r, Building: f.Building}
}
