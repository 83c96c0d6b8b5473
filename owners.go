package kuzzlite

// owners are the documents that unique entries belong to after the items of a call that are worked out so far, by the
// keys of the entries; "" for an entry that is free.
type owners map[string]string

// of returns the owner of an entry, otherwise if the call has not changed it.
func (o owners) of(key []byte, otherwise string) string {
	if id, ok := o[string(key)]; ok {
		return id
	}
	return otherwise
}
