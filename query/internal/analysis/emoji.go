package analysis

// emoji returns where the longest emoji that begins at the cursor ends, or where it begins if there is none. What is an
// emoji follows UTS #51: one with all that extends it, several that joiners join, a keycap, a flag of two regional
// indicators, a flag of a subdivision.
func (c *cursor) emoji() int {
	from := c.at
	switch c.peek() {
	case regional:
		return c.flag(from)
	case keycapBase:
		return c.keycap(from)
	case emoji, emojiLetter, modifier, joiner:
		return c.sequence(from)
	}
	return from
}

// flag reads two regional indicators.
func (c *cursor) flag(from int) int {
	c.advance()
	if c.skipExtends() != regional {
		return from
	}
	c.advance()
	c.skipExtends()
	return c.at
}

// keycap reads what extends # or *. It is an emoji if a keycap is among that.
func (c *cursor) keycap(from int) int {
	c.advance()
	found, _ := c.skipUnformed()
	longest := from
	if found {
		longest = c.at
	}
	if c.peek() == emojiForm {
		c.advance()
		if c.peek() == keycap {
			c.skipUnformed()
			longest = c.at
		}
	}
	return longest
}

// skipUnformed moves behind what extends a code point, up to a variation selector: these end an emoji. It says whether
// there was a keycap, and whether the last was a joiner.
func (c *cursor) skipUnformed() (keyed, joined bool) {
	for {
		k := c.peek()
		if !extends[k] || k == textForm || k == emojiForm {
			return keyed, joined
		}
		keyed, joined = keyed || k == keycap, k == joiner
		c.advance()
	}
}

// sequence reads emoji that are joined by joiners. Joiners before the first belong to it.
func (c *cursor) sequence(from int) int {
	joined, formed, ok := c.element()
	if !ok {
		return from
	}
	longest := c.at
	if formed && c.peek() == tag {
		return c.tags(longest)
	}
	for {
		if !joined {
			if c.peek() != joiner {
				return longest
			}
			c.advance()
		}
		if joined, _, ok = c.element(); !ok {
			return longest
		}
		longest = c.at
	}
}

// element reads one emoji of a sequence, the joiners before it, and what extends it. It says whether a joiner was the
// last, whether a variation selector was, and whether there was an emoji at all.
func (c *cursor) element() (joined, formed, ok bool) {
	if c.peek() == modifier {
		c.advance()
		_, joined = c.skipUnformed()
		return joined, false, true
	}
	for c.peek() == joiner {
		c.advance()
	}
	if k := c.peek(); k != emoji && k != emojiLetter {
		return false, false, false
	}
	c.advance()
	_, joined = c.skipUnformed()
	if c.peek() == emojiForm {
		c.advance()
		return false, true, true
	}
	return joined, false, true
}

// tags reads the tags behind a variation selector. Elsewhere tags are among what extends the emoji.
func (c *cursor) tags(longest int) int {
	for c.peek() == tag {
		c.advance()
	}
	if c.peek() != tagEnd {
		return longest
	}
	c.advance()
	return c.at
}
