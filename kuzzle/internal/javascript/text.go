package javascript

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnescaped appends the content of a string with escapes as JSON.stringify writes it: with an escape only where
// there has to be one, and for surrogates without a partner.
func appendUnescaped(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			dst = append(dst, raw[i])
			i++
			continue
		}
		if raw[i+1] != 'u' {
			dst = appendSimple(dst, raw[i+1])
			i += 2
			continue
		}
		r := unit(raw[i:])
		i += 6
		if utf16.IsSurrogate(r) {
			if pair := utf16.DecodeRune(r, followingUnit(raw[i:])); pair != utf8.RuneError {
				dst = utf8.AppendRune(dst, pair)
				i += 6
				continue
			}
			dst = append(dst, '\\', 'u')
			dst = strconv.AppendInt(dst, int64(r), 16) // four digits, in lower case
			continue
		}
		dst = appendCharacter(dst, r)
	}
	return dst
}

// unit returns the value of \uXXXX.
func unit(b []byte) rune {
	n, _ := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n)
}

// followingUnit returns the value of \uXXXX, 0 if that is not what follows.
func followingUnit(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0
	}
	return unit(b)
}

// appendSimple appends the character of an escape of one letter.
func appendSimple(dst []byte, letter byte) []byte {
	if letter == '/' {
		return append(dst, '/')
	}
	return append(dst, '\\', letter)
}

// appendCharacter appends a character of the basic plane.
func appendCharacter(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	if r < ' ' {
		const digits = "0123456789abcdef"
		return append(dst, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
	}
	return utf8.AppendRune(dst, r)
}
