package kuzzlite

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// keyset is the keys of a list of documents in the order in which an engine wants them: each once, ascending.
type keyset struct {
	// all are keyCount, which is less than the keys of documents, and those.
	all [][]byte
	// at is, for each position in the list, the index of its key in all.
	at []int
}

// newKeyset returns the keys of n documents; they are of no use once ctx is done.
func newKeyset(ctx context.Context, n int, id func(position int) string) keyset {
	order, size := inOrder(ctx, n, id)
	k := keyset{all: make([][]byte, 1, n+1), at: make([]int, n)}
	k.all[0] = keyCount
	keys := make([]byte, 0, size+n)
	for i := range n {
		position := i
		if order != nil {
			position = order[i]
		}
		id := id(position)
		if last := k.all[len(k.all)-1]; i == 0 || string(last[1:]) != id {
			begin := len(keys)
			keys = append(append(keys, prefixDocument), id...)
			k.all = append(k.all, keys[begin:len(keys):len(keys)])
		}
		k.at[position] = len(k.all) - 1
	}
	return k
}

// inOrder returns the positions in the order of their ids, nil if that is their own order, and how many bytes the ids
// have.
func inOrder(ctx context.Context, n int, id func(position int) string) (order []int, size int) {
	ascending := true // as loads often are
	for i := range n {
		size += len(id(i))
		ascending = ascending && (i == 0 || id(i-1) <= id(i))
	}
	if ascending {
		return nil, size
	}
	order = make([]int, n)
	for i := range order {
		order[i] = i
	}
	compared, ended := 0, false
	slices.SortFunc(order, func(a, b int) int {
		if compared++; compared%1024 == 0 && !ended {
			ended = ctx.Err() != nil
		}
		if ended { // nobody wants the order any more
			return 0
		}
		return cmp.Or(strings.Compare(id(a), id(b)), a-b)
	})
	return order, size
}

// id returns the id of a key.
func (k *keyset) id(i int) string { return string(k.all[i][1:]) }

// under returns the key of the same id under another prefix, until under is called again for that id.
func (k *keyset) under(prefix byte, i int) []byte {
	k.all[i][0] = prefix
	return k.all[i]
}
