package topk

// Expansion keeps the first things of each of several groups, as many of each.
type Expansion[T any] struct {
	k       int
	inGroup bool
	groups  map[string]*expanded[T]
}

// expanded is what is kept of a group.
type expanded[T any] struct {
	total int
	all   *First[T]
	some  *Groups[T] // instead of all; nil: there are no groups in the group
}

// NewExpansion returns what keeps the first k things of groups. With inGroup there are groups in each group, of which
// only the first thing of each counts.
func NewExpansion[T any](k int, inGroup bool, groups []string) *Expansion[T] {
	e := &Expansion[T]{k: k, inGroup: inGroup, groups: make(map[string]*expanded[T], len(groups))}
	for _, group := range groups {
		one := &expanded[T]{}
		if inGroup {
			one.some = NewGroups[T](k)
		} else {
			one.all = NewFirst[T](k)
		}
		e.groups[group] = one
	}
	return e
}

// Has says whether a group is one of those of which things are kept.
func (e *Expansion[T]) Has(group []byte) bool { return e.groups[string(group)] != nil }

// Offer takes a thing of a group in, if it is one of the first so far; the group must be one of those. inner is the
// group in it, where there are such. The key belongs to Expansion then.
func (e *Expansion[T]) Offer(group, inner, key []byte, thing T) {
	one := e.groups[string(group)]
	if one.total++; e.inGroup {
		one.some.Offer(inner, key, thing)
		return
	}
	one.all.Offer(key, thing)
}

// Of returns the first things of a group in their order, and how many were offered. Nothing is kept of the group any
// more then.
func (e *Expansion[T]) Of(group string) (things []T, total int) {
	one := e.groups[group]
	if e.inGroup {
		return one.some.Sorted(), one.total
	}
	return one.all.Sorted(), one.total
}
