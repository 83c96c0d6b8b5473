package query

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Orders that begin behind some values.

// Behind returns the order without its first documents: what comes behind some values is left (Elasticsearch:
// search_after). values is a JSON array with a value for each of the fields that documents are ordered by. Documents
// that have exactly these values are left out. In the order of a schema a value is one of the field's type: a number, a
// date as the field has it or as milliseconds since 1970. null stands for documents without a value, except among
// numbers and dates, where it is an error. Behind is not for _doc.
//
// To list a collection page by page, the After of kuzzlite.FindOptions is the better way: that leaves out no documents
// which are equal, and no index has an order with Behind.
func (o *Order) Behind(values []byte) *Order {
	behind := o.clone()
	list, err := searchAfter(values, len(behind.keys))
	if behind.behind = list; err != nil && behind.err == nil {
		behind.err = err
	}
	return behind
}

// searchAfter reads the values of n keys.
func searchAfter(raw []byte, n int) ([][]byte, error) {
	compact, err := rawjson.Compact(raw, 0)
	if err != nil {
		return nil, &DSLError{Reason: err.Error()}
	}
	if !isArray(compact) {
		return nil, plainly("Unknown key for a %s in [search_after].", rawjson.Token(compact))
	}
	list := elements(compact)
	for _, v := range list {
		if isObject(v) || isArray(v) {
			return nil, plainly("Expected [VALUE_STRING] or [VALUE_NUMBER] or [VALUE_BOOLEAN] or [VALUE_NULL] but found [%s] "+
				"inside search_after.", rawjson.Token(v))
		}
	}
	switch {
	case len(list) == 0:
		return nil, plainly("Values must contains at least one value.")
	case n == 0:
		return nil, plainly("Sort must contain at least one field.")
	case len(list) != n:
		return nil, plainly("search_after has %d value(s) but sort has %d.", len(list), n)
	}
	return list, nil
}

// position returns the key behind which documents begin, nil for all. byWritten says that they are hits, whose order
// ends with that in which they were written.
func (o *Order) position(keys []madeKey, byWritten bool) (position []byte, err error) {
	if o.behind == nil {
		return nil, nil
	}
	for i, value := range o.behind {
		name := o.keys[i].Field
		if i == len(keys) && byWritten {
			return o.written(position, value)
		}
		if i >= len(keys) || keys[i].addValue == nil {
			return nil, &DSLError{Path: name, Reason: fmt.Sprintf("the order by [%s] cannot begin behind a value", name)}
		}
		if position, err = keys[i].addValue(position, value); err != nil {
			detail := err.Error()
			if e := (*DSLError)(nil); errors.As(err, &e) {
				detail = e.Reason
			}
			return nil, &DSLError{
				Path: name, Reason: fmt.Sprintf("Failed to parse search_after value for field [%s].", name), detail: detail,
			}
		}
	}
	return position, nil
}

// written ends the position of a hit with the sequence of its document.
func (o *Order) written(position, value []byte) ([]byte, error) {
	sequence, err := strconv.ParseUint(string(value), 10, 64)
	if err != nil {
		return nil, &DSLError{
			Path: documentField, Reason: "Failed to parse search_after value for field [_doc].",
			detail: "it is the sequence of a change, a whole number",
		}
	}
	newestFirst := o.keys[len(o.keys)-1].Descending
	return filter.AppendWritten(position, sequence, newestFirst), nil
}
