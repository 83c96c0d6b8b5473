package request

import (
	"math"
	"strconv"
	"strings"
)

// integer returns the whole number with which a text begins, as JavaScript's parseFloat reads it.
func integer(text string) (n int64, ok bool) {
	text = strings.TrimLeft(text, " \t\n\r\v\f")
	for end := min(numberEnd(text), longestNumber); end > 0; end-- {
		f, err := strconv.ParseFloat(text[:end], 64)
		if err != nil {
			continue
		}
		const mostSafe = 1<<53 - 1
		return int64(f), f == math.Trunc(f) && math.Abs(f) <= mostSafe
	}
	return 0, false
}

// longestNumber bounds how much of a text is taken for a number, in bytes.
const longestNumber = 64

// numberEnd returns where a text has the first byte that no decimal number has.
func numberEnd(text string) int {
	for i := range len(text) {
		if strings.IndexByte("0123456789+-.eE", text[i]) < 0 {
			return i
		}
	}
	return len(text)
}
