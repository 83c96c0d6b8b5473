package phrase

// Exactly calls yield with the places of the words wherever a phrase is in a text as it is, by their numbers in Places,
// until yield returns.
func Exactly(words []Word, yield func(at []int)) {
	at := make([]int, len(words))
	for first, place := range words[0].Places {
		at[0] = first
		if exactly(words, at, place-words[0].Offset) {
			yield(at)
		}
	}
}

// exactly takes the words behind the first one to the places that they have with a shift, from where they are on; ok is
// false if one has no such place.
func exactly(words []Word, at []int, shift int) (ok bool) {
	for i := 1; i < len(words); i++ {
		w := &words[i]
		for at[i] < len(w.Places) && w.Places[at[i]] < shift+w.Offset {
			at[i]++
		}
		if at[i] == len(w.Places) || w.Places[at[i]] != shift+w.Offset {
			return false
		}
	}
	return true
}

// Near calls yield with the places of the words wherever all are so near to one another that the words between them are
// no more than the slop, in whatever order (Lucene: SpanNearQuery).
func Near(words []Word, slop int, yield func(at []int)) {
	at := make([]int, len(words))
	for _, w := range words {
		if len(w.Places) == 0 {
			return
		}
	}
	for {
		first, last := 0, 0
		for i := range words {
			if words[i].Places[at[i]] < words[first].Places[at[first]] {
				first = i
			}
			if words[i].Places[at[i]] > words[last].Places[at[last]] {
				last = i
			}
		}
		if words[last].Places[at[last]]+1-words[first].Places[at[first]]-len(words) <= slop {
			yield(at)
		}
		if at[first]++; at[first] == len(words[first].Places) {
			return
		}
	}
}
