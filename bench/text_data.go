package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The texts of the workloads text-…, questions about them, and what the answers must be.

const (
	textVocabulary = 50_000
	textMostWords  = 14
	textLeastWords = 6

	// The words that are asked for: neither the most frequent ones nor the rarest.
	textFirstAsked, textLastAsked = 20, 5000
)

// textWord returns the n-th word: letters only, so that all analyzers agree, and no two are the same.
func textWord(n int) string {
	const consonants, vowels = "bdfghjklmnprstvz", "aeiou"
	var s strings.Builder
	for n++; n > 0; n /= len(consonants) * len(vowels) {
		s.WriteByte(consonants[n%len(consonants)])
		s.WriteByte(vowels[n/len(consonants)%len(vowels)])
	}
	return s.String()
}

// textRank returns the rank of a random word, of first to last: the n-th is as likely as 1/n.
func textRank(random uint64, first, last int) int {
	share := float64(random>>11) / (1 << 53)
	return int(float64(first+1)*math.Pow(float64(last+1)/float64(first+1), share)) - 1
}

// textRanks returns the words of document i, by their ranks.
func textRanks(i int) []int {
	ranks := make([]int, textLeastWords+int(mix(uint64(i))%(textMostWords-textLeastWords+1)))
	for n := range ranks {
		ranks[n] = textRank(mix(uint64(i)<<8|uint64(n+1)), 0, textVocabulary)
	}
	return ranks
}

// textOf returns document i.
func textOf(i int) string {
	ranks := textRanks(i)
	words := make([]string, len(ranks))
	for n, r := range ranks {
		words[n] = textWord(r)
	}
	return strings.Join(words, " ")
}

// askedRanks returns the words of the n-th question, which are different.
func askedRanks(n int) (ranks [2]int) {
	ranks[0] = textRank(mix(uint64(n)<<1), textFirstAsked, textLastAsked)
	for again := uint64(0); ranks[1] == ranks[0] || again == 0; again++ {
		ranks[1] = textRank(mix(uint64(n)<<1|1+again<<40), textFirstAsked, textLastAsked)
	}
	return ranks
}

// textProofs is how many answers are checked.
const textProofs = 20

// naiveTexts knows the texts that have one of the words of the questions that are checked.
type naiveTexts struct {
	texts, words int           // of all
	have         map[int][]int // the documents that have a word, by its rank
}

func newNaiveTexts(texts int) *naiveTexts {
	n := &naiveTexts{texts: texts, have: map[int][]int{}}
	for q := range textProofs {
		for _, rank := range askedRanks(q) {
			n.have[rank] = nil
		}
	}
	for i := range texts {
		ranks := textRanks(i)
		n.words += len(ranks)
		for at, r := range ranks {
			if list, asked := n.have[r]; asked && !slices.Contains(ranks[:at], r) {
				n.have[r] = append(list, i)
			}
		}
	}
	return n
}

// score is BM25 of a document for some words. SQLite takes the inverse document frequency as it was published first,
// Lucene adds one within the logarithm.
func (n *naiveTexts) score(document int, words [2]int, addsOne bool) (sum float64) {
	ranks := textRanks(document)
	average := float64(n.words) / float64(n.texts)
	for _, w := range words {
		freq := 0.0
		for _, r := range ranks {
			if r == w {
				freq++
			}
		}
		rarity := (float64(n.texts-len(n.have[w])) + 0.5) / (float64(len(n.have[w])) + 0.5)
		if addsOne {
			rarity++
		}
		idf := max(math.Log(rarity), 1e-6)
		sum += idf * freq * 2.2 / (freq + 1.2*(0.25+0.75*float64(len(ranks))/average))
	}
	return sum
}

// check compares answers with what they must be: the best documents, in their order, where they do not score the same.
// Those of bleve must only have one of the words: its scores are not these.
func (n *naiveTexts) check(answers []textHits, contender string) error {
	addsOne, scored := !slices.Contains(oneByOne, contender), contender != "bleve"
	if len(answers) != textProofs {
		return fmt.Errorf("%d answers to be checked, must be %d", len(answers), textProofs)
	}
	for q, hits := range answers {
		words := askedRanks(q)
		var want []float64
		seen := map[int]bool{}
		for _, w := range words {
			for _, document := range n.have[w] {
				if !seen[document] {
					seen[document] = true
					want = append(want, n.score(document, words, addsOne))
				}
			}
		}
		slices.SortFunc(want, func(a, b float64) int { return cmp.Compare(b, a) })
		if want = want[:min(len(want), textBest)]; len(hits) != len(want) {
			return fmt.Errorf("question %d: %d documents, must be %d", q, len(hits), len(want))
		}
		for at, document := range hits {
			got := n.score(document, words, addsOne)
			if !seen[document] || scored && math.Abs(got-want[at]) > 1e-4*want[at] {
				return fmt.Errorf("question %d: hit %d is document %d, which scores %g, not %g", q, at, document, got, want[at])
			}
			seen[document] = false // is there once
		}
	}
	return nil
}
