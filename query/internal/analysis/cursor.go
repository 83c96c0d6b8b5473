package analysis

import "unicode/utf8"

// maxToken is how many UTF-16 units a token has at most. A longer one is cut there, and what follows is read as if it
// began a text.
const maxToken = 255

// cursor reads the code points from one place of a text on, as many as fit into a token.
type cursor struct {
	table *classTable
	text  []byte
	at    int
	room  int  // UTF-16 units that still fit
	cut   bool // there was a code point for which there was no room

	// What peek has found at at.
	size, units int
}

// peek returns the class of the code point at the cursor, which stays where it is.
func (c *cursor) peek() class {
	if c.at == len(c.text) {
		return end
	}
	if b := c.text[c.at]; b < utf8.RuneSelf && c.room > 0 {
		c.size, c.units = 1, 1
		return c.table.ascii[b]
	}
	r, size := utf8.DecodeRune(c.text[c.at:])
	c.size, c.units = size, 1
	if r > 0xffff {
		c.units = 2
	}
	if c.units > c.room {
		c.cut = true
		return end
	}
	return c.table.class(r)
}

// advance moves behind the code point that peek has looked at.
func (c *cursor) advance() {
	c.at += c.size
	c.room -= c.units
}

// skipExtends moves behind what belongs to the code point before the cursor, by rule WB4 of UAX #29, and returns the
// class of what follows.
func (c *cursor) skipExtends() class {
	k := c.peek()
	for extends[k] {
		c.advance()
		k = c.peek()
	}
	return k
}
