package automaton

import (
	"strconv"
	"strings"
)

// parser reads a regular expression. Its methods are named after what they read, from what binds least to what binds
// most. They take an operator that is in no place to be one for a character, by taking any character for an atom.
type parser struct {
	text  []rune
	pos   int
	flags Flags
	fold  bool
}

// parse returns the tree of a pattern. Its errors are those of the class RegExp of Lucene.
func parse(pattern string, flags Flags, fold bool) (*node, error) {
	p := &parser{text: []rune(pattern), flags: flags, fold: fold}
	if len(p.text) == 0 {
		return &node{kind: kindString}, nil
	}
	if len(p.text) > maxPattern {
		return nil, fail("the regular expression is longer than %d characters", maxPattern)
	}
	n, err := p.union()
	if err == nil && p.more() {
		err = p.fail("end-of-string expected")
	}
	return n, err
}

func (p *parser) more() bool { return p.pos < len(p.text) }

// peek says whether one of the characters comes next.
func (p *parser) peek(chars string) bool {
	return p.more() && strings.ContainsRune(chars, p.text[p.pos])
}

// match steps over c if it comes next.
func (p *parser) match(c rune) bool {
	if !p.more() || p.text[p.pos] != c {
		return false
	}
	p.pos++
	return true
}

func (p *parser) next() (rune, error) {
	if !p.more() {
		return 0, fail("unexpected end-of-string")
	}
	p.pos++
	return p.text[p.pos-1], nil
}

// fail makes an error that names the position.
func (p *parser) fail(what string) error { return p.failAt(what, p.pos) }

func (p *parser) failAt(what string, pos int) error {
	return fail("%s at position %d", what, units(p.text[:pos]))
}

// units returns the length of text as Java counts: in units of UTF-16.
func units(text []rune) int {
	n := len(text)
	for _, c := range text {
		if c > 0xffff {
			n++
		}
	}
	return n
}

// union reads a|b.
func (p *parser) union() (*node, error) {
	n, err := p.intersection()
	if err != nil || !p.peek("|") {
		return n, err
	}
	all := []*node{n}
	for p.match('|') {
		if n, err = p.intersection(); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return either(all), nil
}

// intersection reads a&b.
func (p *parser) intersection() (*node, error) {
	n, err := p.concatenation()
	for err == nil && p.flags.has(Intersection) && p.match('&') {
		var other *node
		other, err = p.concatenation()
		n = &node{kind: kindIntersection, kids: []*node{n, other}}
	}
	return n, err
}

// concatenation reads ab.
func (p *parser) concatenation() (*node, error) {
	ends := ")|"
	if p.flags.has(Intersection) {
		ends = ")|&"
	}
	n, err := p.repetition()
	for err == nil && p.more() && !p.peek(ends) {
		var other *node
		if other, err = p.repetition(); err == nil {
			n = then(n, other)
		}
	}
	return n, err
}

// repetition reads a?, a*, a+, and a{n,m}.
func (p *parser) repetition() (*node, error) {
	n, err := p.complement()
	for err == nil && p.peek("?*+{") {
		n = &node{kids: []*node{n}}
		switch {
		case p.match('?'):
			n.kind = kindOptional
		case p.match('*'):
			n.kind = kindStar
		case p.match('+'):
			n.kind, n.least, n.most = kindRepetition, 1, unbounded
		case p.match('{'):
			n.kind = kindRepetition
			n.least, n.most, err = p.bounds()
		}
	}
	return n, err
}

// bounds reads n}, n,} and n,m}.
func (p *parser) bounds() (least, most int, err error) {
	least, ok, err := p.number()
	if err == nil && !ok {
		err = p.fail("integer expected")
	}
	if err != nil {
		return 0, 0, err
	}
	most = least
	if p.match(',') {
		if most, ok, err = p.number(); err != nil {
			return 0, 0, err
		}
		if !ok {
			most = unbounded
		}
	}
	if !p.match('}') {
		return 0, 0, p.fail("expected '}'")
	}
	if most != unbounded && least > most {
		return 0, 0, fail("invalid repetition range(out of order): %d..%d", least, most)
	}
	return least, most, nil
}

// number reads digits. It returns false if there are none.
func (p *parser) number() (n int, ok bool, err error) {
	start := p.pos
	for p.peek("0123456789") {
		p.pos++
	}
	if p.pos == start {
		return 0, false, nil
	}
	n, ok = parseInt(string(p.text[start:p.pos]))
	if !ok {
		return 0, false, fail("For input string: %q", string(p.text[start:p.pos]))
	}
	return n, true, nil
}

// parseInt reads an integer as Java does, but for digits of other scripts: 32 bits, with a sign or without.
func parseInt(text string) (int, bool) {
	n, err := strconv.ParseInt(text, 10, 32)
	return int(n), err == nil
}

// complement reads ~a.
func (p *parser) complement() (*node, error) {
	count := 0
	for p.flags.has(Complement) && p.match('~') {
		count++
	}
	n, err := p.atom()
	if err == nil && count%2 == 1 { // two complements are none
		n = &node{kind: kindComplement, kids: []*node{n}}
	}
	return n, err
}
