package query

import "reflect"

// implies says whether what matches a node also matches the condition of a text: each condition that the text joins by
// and is one that the node joins by and. Other implications are not seen.
func implies(n node, text string) bool {
	where, err := Parse(text)
	if err != nil {
		return false
	}
	given := conjuncts(n, nil)
	for _, c := range conjuncts(where.root(), nil) {
		found := false
		for _, g := range given {
			found = found || reflect.DeepEqual(g, c)
		}
		if !found {
			return false
		}
	}
	return true
}

// conjuncts appends the conditions that a node joins by and.
func conjuncts(n node, list []node) []node {
	n = matched(n)
	a, ok := n.(and)
	if !ok {
		if nested, isNested := n.(nested); isNested {
			nested.inner = nil // what is shown does not change what matches
			n = nested
		}
		return append(list, n)
	}
	for _, part := range a {
		list = conjuncts(part, list)
	}
	return list
}
