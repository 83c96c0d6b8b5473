package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"

	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// compareTokens compares the tokens of random texts, and returns how many texts have other ones in Lucene.
func compareTokens(l *lucene, o *options, tooNew map[rune]bool) (int, error) {
	var d differences
	tokens := 0
	for _, name := range analysis.Names() {
		g := &texts{rand.New(rand.NewPCG(o.seed, 0)), tooNew}
		for done := 0; done < o.texts && l.err == nil; done += batch {
			list := make([]string, min(batch, o.texts-done))
			for i := range list {
				list[i] = g.text()
			}
			tokens += compareBatch(l, name, list, &d)
		}
	}
	fmt.Printf("%d texts, %d tokens of the analyzers %s: %d texts differ\n",
		o.texts, tokens, strings.Join(analysis.Names(), ", "), d)
	return int(d), l.err
}

// batch is how many texts there are in a request.
const batch = 2000

func compareBatch(l *lucene, name string, list []string, d *differences) (tokens int) {
	request := put(nil, name, len(list))
	for _, text := range list {
		request = put(request, text)
	}
	l.ask(askTokens, request)
	for _, text := range list {
		var want []string
		for l.number() == 1 {
			want = append(want, fmt.Sprintf("%q@%d[%d:%d]", l.text(), l.number(), l.number(), l.number()))
		}
		if l.err != nil {
			return tokens
		}
		tokens += len(want)
		if got := strings.Join(tokensOf(name, text), " "); got != strings.Join(want, " ") {
			d.add("%s: %+q\ngot  %s\nwant %s", name, text, got, strings.Join(want, " "))
		}
	}
	return tokens
}

// tokensOf returns the tokens as this project finds them.
func tokensOf(name, text string) (tokens []string) {
	a, err := analysis.Lookup(name)
	if err != nil {
		panic(err)
	}
	var scratch analysis.Scratch
	a.Each([]byte(text), &scratch, func(k analysis.Token) bool {
		tokens = append(tokens, fmt.Sprintf("%q@%d[%d:%d]", k.Term, k.Position, k.Start, k.End))
		return true
	})
	return tokens
}

// newerLetters returns the letters and spaces that Go knows and this Java does not, since it is older.
func newerLetters(l *lucene) map[rune]bool {
	l.ask(askUnassigned, nil)
	found := map[rune]bool{}
	for first := l.number(); first >= 0 && l.err == nil; first = l.number() {
		last := rune(l.number())
		for r := rune(first); r <= last; r++ {
			if unicode.IsLetter(r) || unicode.IsSpace(r) || unicode.ToLower(r) != r {
				found[r] = true
			}
		}
	}
	return found
}
