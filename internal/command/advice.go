package command

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Advice after a load in which items failed: what the input seems to be, and which flag reads that.

const itemForm = `an item is {"_id": "…", "changes": {…}}`

// seemsPlain says whether an item seems to be a document as it is: an object without changes.
func seemsPlain(item []byte) bool { return item[0] == '{' && !hasKey(item, "changes") }

// advice says what the input may be, "" if there is nothing to say.
func (r *report) advice() string {
	switch {
	case r.fields != nil:
		return "--id-field names a field that not all documents have; the first without it has " + fieldList(r.fields)
	case r.plain:
		return itemForm + ";\ndocuments as they are need --id-field NAME, where NAME is the field that has the id"
	}
	return ""
}

// fieldsOf returns the names of the fields of a document, in order.
func fieldsOf(doc []byte) []string { return slices.AppendSeq([]string{}, maps.Keys(membersOf(doc))) }

// fieldList names fields, but not hundreds of them.
func fieldList(names []string) string {
	const most, longest = 10, 40
	if len(names) == 0 {
		return "no fields"
	}
	slices.Sort(names)
	var list []string
	for _, name := range names[:min(most, len(names))] {
		list = append(list, cut(name, longest))
	}
	text := strings.Join(list, ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %s", counted(uint64(more), "more field"))
	}
	return text
}
