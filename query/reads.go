package query

import "slices"

// reads returns the fields whose values decide whether a document without a mapping matches a node, nil if something
// else has a say: where values stand, how they are written, ids, words, nested objects. A list of none is that of all
// documents, or of no document.
func reads(n node) []string {
	fields := []string{}
	if !readsOf(n, &fields) {
		return nil
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// readsOf appends the fields of a node. It says false if that is not all.
func readsOf(n node, fields *[]string) bool {
	switch n := n.(type) {
	case all, none:
		return true
	case fixed:
		return readsOf(n.node, fields)
	case raised:
		return readsOf(n.node, fields)
	case and:
		return readsOfAll(n, fields)
	case or:
		return readsOfAll(n, fields)
	case atLeast:
		return readsOfAll(n.list, fields)
	case not:
		return readsOf(n.node, fields)
	case term:
		return readsField(n.field, fields)
	case prefixed:
		return readsField(n.field, fields)
	case exists:
		return readsField(n.field, fields)
	case span:
		return !n.isDate() && readsField(n.field, fields)
	case mappedNode: // in which all else is compared by types
		return reads(n.node) != nil && len(reads(n.node)) == 0
	}
	return false
}

func readsOfAll(list []node, fields *[]string) bool {
	return !slices.ContainsFunc(list, func(n node) bool { return !readsOf(n, fields) })
}

func readsField(field string, fields *[]string) bool {
	*fields = append(*fields, field)
	return field != "_id" && !slices.Contains(metadataFields, field)
}
