package automaton

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Fuzziness is how many edits a fuzzy search allows: a fixed number, or one that depends on the length of the term. The
// zero value allows none.
type Fuzziness struct {
	auto      bool
	low, high int // terms of fewer code points than low may have no edits, those of fewer than high one, all others two
	edits     int // unless auto
}

// AutoFuzziness is AUTO, the default of a fuzzy clause: AUTO:3,6.
var AutoFuzziness = Fuzziness{auto: true, low: 3, high: 6}

// ParseFuzziness reads a fuzziness that is given as a string: "AUTO", "AUTO:low,high" in any case, or a number that
// Java reads as one of 0, 1 and 2, such as "1", " 1.0 " and "1f". For one that is given as a number, see
// [NumberFuzziness]. The errors have the texts of Elasticsearch, such as "fuzziness cannot be [x].".
func ParseFuzziness(text string) (Fuzziness, error) {
	if text == "" {
		return Fuzziness{}, fail("fuzziness cannot be null or empty.")
	}
	upper := strings.ToUpper(text)
	if upper == "AUTO" {
		return AutoFuzziness, nil
	}
	if bounds, ok := strings.CutPrefix(upper, "AUTO:"); ok {
		return parseAuto(upper, bounds)
	}
	n, ok := parseFloat(upper)
	if !ok {
		return Fuzziness{}, fail("fuzziness cannot be [%s].", text)
	}
	if math.Mod(n, 1) > 0 {
		return Fuzziness{}, fail("fuzziness needs to be one of 0.0, 1.0 or 2.0 but was %s", javaFloat(n))
	}
	return NumberFuzziness(n)
}

// parseAuto reads what follows AUTO:, as Java splits it: empty parts at the end do not count.
func parseAuto(text, bounds string) (Fuzziness, error) {
	parts := strings.Split(strings.TrimRight(bounds, ","), ",")
	if len(parts) != 2 {
		return Fuzziness{}, fail("failed to find low and high distance values")
	}
	low, ok1 := parseInt(parts[0])
	high, ok2 := parseInt(parts[1])
	if !ok1 || !ok2 {
		return Fuzziness{}, fail("failed to parse [%s] as a \"auto:int,int\"", text)
	}
	if low < 0 || high < 0 || low > high {
		return Fuzziness{}, fail("fuzziness wrongly configured [%s]. Must be 0 < lower value <= higher value.", text)
	}
	return Fuzziness{auto: true, low: low, high: high}, nil
}

// parseFloat reads a float of 32 bits as Java does: with spaces around, and perhaps f or d at the end.
func parseFloat(upper string) (float64, bool) {
	text := strings.TrimFunc(upper, func(c rune) bool { return c <= ' ' })
	hex := strings.HasPrefix(strings.TrimLeft(text, "+-"), "0X")
	if n := len(text); n > 1 && (text[n-1] == 'F' || text[n-1] == 'D') && (!hex || strings.Contains(text, "P")) {
		text = text[:n-1]
	}
	digits := strings.TrimLeft(text, "+-")
	if digits == "" || digits[0] != '.' && (digits[0] < '0' || digits[0] > '9') || strings.Contains(text, "_") {
		return 0, false // not what Go takes for a number besides: Infinity, NaN, 1_0
	}
	n, err := strconv.ParseFloat(text, 32)
	return n, err == nil || math.IsInf(n, 0)
}

// javaFloat writes a float of 32 bits between 0 and 10 million that is not whole as Java does.
func javaFloat(n float64) string {
	text := strconv.FormatFloat(n, 'f', -1, 32)
	if n < 1e-3 {
		text = strings.Replace(strconv.FormatFloat(n, 'E', -1, 32), "E-0", "E-", 1)
		if !strings.Contains(text, ".") {
			text = strings.Replace(text, "E", ".0E", 1)
		}
	}
	return text
}

// NumberFuzziness is a fuzziness that is given as a number: what follows the point does not count, so that 2.9 is 2.
// The error has the text of Elasticsearch, "Valid edit distances are [0, 1, 2] but was [3]".
func NumberFuzziness(n float64) (Fuzziness, error) {
	if !(n > -1 && n < maxEdits+1) {
		return Fuzziness{}, fail("Valid edit distances are [0, 1, 2] but was [%d]",
			int32(max(math.MinInt32, min(math.MaxInt32, n))))
	}
	return Fuzziness{edits: int(n)}, nil
}

// Edits returns how many edits a term may have, from 0 to 2.
func (f Fuzziness) Edits(term string) int {
	if !f.auto {
		return f.edits
	}
	switch n := utf8.RuneCountInString(term); {
	case n < f.low:
		return 0
	case n < f.high:
		return 1
	}
	return 2
}
