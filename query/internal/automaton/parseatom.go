package automaton

import "strings"

// atom reads what is not made of smaller parts by operators, and groups.
func (p *parser) atom() (*node, error) {
	switch {
	case p.match('['):
		return p.class()
	case p.match('.'):
		return &node{kind: kindSet, set: anything}, nil
	case p.flags.has(Empty) && p.match('#'):
		return &node{kind: kindNoString}, nil
	case p.flags.has(AnyString) && p.match('@'):
		return &node{kind: kindAnyString}, nil
	case p.match('"'):
		return p.quoted()
	case p.match('('):
		return p.group()
	case p.flags.has(Interval) && p.match('<'):
		return p.interval()
	}
	s, ok, err := p.escape()
	if err == nil && !ok {
		var c rune
		c, err = p.next()
		return &node{kind: kindString, text: []rune{c}}, err
	}
	return p.setNode(s), err
}

// setNode makes a node of a set that is folded already. A string is folded later, so that a letter is none: [a-a] has a
// case, whatever the options say.
func (p *parser) setNode(s set) *node {
	if len(s) == 1 && s[0].lo == s[0].hi && !(p.fold && otherCase(s[0].lo) != s[0].lo) {
		return &node{kind: kindString, text: []rune{s[0].lo}}
	}
	return &node{kind: kindSet, set: s}
}

// escape reads a backslash and a letter, or two backslashes. Of any other escape it reads the backslash, and leaves the
// character to be read.
func (p *parser) escape() (s set, ok bool, err error) {
	if !p.match('\\') || !p.more() {
		return nil, false, nil
	}
	c := p.text[p.pos]
	if s, ok = named(c); ok || c == '\\' {
		p.pos++
		if c == '\\' {
			s = set{{c, c}}
		}
		return s, true, nil
	}
	if otherCase(c) != c {
		return nil, false, fail("invalid character class \\%d", c)
	}
	return nil, false, nil
}

// char reads one character, which may be escaped by a backslash.
func (p *parser) char() (rune, error) {
	p.match('\\')
	return p.next()
}

// class reads what follows [.
func (p *parser) class() (*node, error) {
	negated := p.match('^')
	var all set
	for first := true; first || p.more() && !p.peek("]"); first = false {
		s, err := p.classItem()
		if err != nil {
			return nil, err
		}
		all = append(all, s...)
	}
	if !p.match(']') {
		return nil, p.fail("expected ']'")
	}
	all = all.normal()
	if negated {
		return &node{kind: kindSet, set: all.complement()}, nil
	}
	return p.setNode(all), nil
}

// classItem reads a character, a range of characters or a named set in a class. Single characters are folded if the
// case is to be ignored, ranges are not.
func (p *parser) classItem() (set, error) {
	s, ok, err := p.escape()
	if ok || err != nil {
		return s, err
	}
	c, err := p.char()
	if err != nil || !p.match('-') {
		return char(c, p.fold), err
	}
	to, err := p.char()
	if err == nil && c > to {
		err = fail("invalid range: from (%d) cannot be > to (%d)", c, to)
	}
	return set{{c, to}}, err
}

// quoted reads what follows ", to the next one.
func (p *parser) quoted() (*node, error) {
	start := p.pos
	for p.more() && !p.peek(`"`) {
		p.pos++
	}
	text := p.text[start:p.pos:p.pos]
	if !p.match('"') {
		return nil, p.fail(`expected '"'`)
	}
	return &node{kind: kindString, text: text}, nil
}

// group reads what follows (.
func (p *parser) group() (*node, error) {
	if p.match(')') {
		return &node{kind: kindString}, nil
	}
	n, err := p.union()
	if err == nil && !p.match(')') {
		err = p.fail("expected ')'")
	}
	return n, err
}

// interval reads what follows <.
func (p *parser) interval() (*node, error) {
	start := p.pos
	for p.more() && !p.peek(">") {
		p.pos++
	}
	text := string(p.text[start:p.pos])
	if !p.match('>') {
		return nil, p.fail("expected '>'")
	}
	from, to, ok := strings.Cut(text, "-")
	if !ok && p.flags == All {
		return &node{kind: kindIdentifier, name: text}, nil // of an automaton; Elasticsearch has none
	}
	least, ok1 := parseInt(from)
	most, ok2 := parseInt(to)
	if !ok1 || !ok2 || strings.Contains(to, "-") {
		return nil, p.failAt("interval syntax error", p.pos-1)
	}
	n := &node{kind: kindInterval, least: min(least, most), most: max(least, most)}
	if units([]rune(from)) == units([]rune(to)) {
		n.digits = len(from)
	}
	return n, nil
}
