package analysis

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// A naive standard tokenizer: each class is a byte, and a token is the longest match of one of two regular expressions,
// which say of words and of emoji what Lucene's documentation says of them. It shares the table of classes alone.

// classBytes has a byte for each class, in their order.
const classBytes = "oLhnkisSxztfcgGmEeKr_:,.qQ"

// Extends, and extends without the variation selectors.
const ext, unformed = `[SxztfcgGm]*`, `[SxzcgGm]*`

func grammar() string {
	var pairs []string
	for name, of := range map[string]string{
		"A": "[Leh]", "H": "h", "N": "n", "K": "k", "U": "_", "S": "[sS]", "I": "i",
		"M": "[:.q]", "D": "[,.q]", "Q": "q", "W": "Q",
	} {
		pairs = append(pairs, name, "("+of+ext+")")
	}
	expand := strings.NewReplacer(pairs...).Replace
	part := `(K(U*K)*|(H(Q|WH)|N((U*|D)N)*|A((U*|M)A)*)+)`
	word := expand(`U*` + part + `(U+` + part + `)*U*|S+|I`)
	one := `(z*[Ee]` + unformed + `f?|(z*[Ee]` + unformed + `)?m` + unformed + `)`
	emoji := one + `((z` + one + `)*|g+G)|[Kn]` + unformed + `f?c` + unformed + `|r` + ext + `r` + ext
	return `^(` + word + `|` + emoji + `)`
}

var naiveToken = func() *regexp.Regexp {
	re := regexp.MustCompile(grammar())
	re.Longest()
	return re
}()

// naive returns the offsets of the tokens of a text, as pairs.
func naive(text []byte) (offsets []int) {
	var (
		kinds []byte
		at    []int
		units []int
	)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		kinds, at = append(kinds, classBytes[table().class(r)]), append(at, i)
		if units = append(units, 1); r > 0xffff {
			units[len(units)-1] = 2
		}
		i += size
	}
	at = append(at, len(text))
	for i := 0; i < len(kinds); {
		n, room := i, 255
		for n < len(kinds) && units[n] <= room {
			room -= units[n]
			n++
		}
		if m := len(naiveToken.Find(kinds[i:n])); m > 0 {
			offsets = append(offsets, at[i], at[i+m])
			i += m
		} else {
			i++
		}
	}
	return offsets
}

// offsetsOf returns the offsets of the tokens of a text, as pairs.
func offsetsOf(text []byte) (offsets []int) {
	t := tokenizer{text: text}
	for from, to := t.next(0); from < to; from, to = t.next(to) {
		offsets = append(offsets, from, to)
	}
	return offsets
}

func TestClassBytes(t *testing.T) {
	if len(classBytes) != int(end) {
		t.Fatalf("%d bytes for %d classes", len(classBytes), end)
	}
}
