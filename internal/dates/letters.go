package dates

// The letters of a pattern that stand for text and for zones.

var (
	dayNames     = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	eraNames     = []string{"Before Christ", "Anno Domini"}
	halfNames    = []string{"AM", "PM"}
	quarterNames = []string{"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"}
)

// texts are the names of the values of a field: in short, in full, and in one letter.
type texts struct{ short, full, narrow []string }

var (
	monthTexts   = texts{cut(monthNames, 3), monthNames, cut(monthNames, 1)}
	dayTexts     = texts{cut(dayNames, 3), dayNames, cut(dayNames, 1)}
	eraTexts     = texts{[]string{"BC", "AD"}, eraNames, []string{"B", "A"}}
	quarterTexts = texts{[]string{"Q1", "Q2", "Q3", "Q4"}, quarterNames, []string{"1", "2", "3", "4"}}
)

// cut returns the first n letters of each name.
func cut(names []string, n int) []string {
	out := make([]string, len(names))
	for i, s := range names {
		out[i] = s[:n]
	}
	return out
}

// textLetters returns the element of n letters for what has names.
func textLetters(c byte, n int) (element, error) {
	switch c {
	case 'M', 'L':
		if n <= 2 {
			return numberLetters(c, month, n, 2)
		}
		return named(c, month, monthTexts, n)
	case 'Q', 'q':
		if n <= 2 {
			return numberLetters(c, quarter, n, 2)
		}
		return named(c, quarter, quarterTexts, n)
	case 'e', 'c':
		switch {
		case c == 'c' && n == 2:
			return element{}, fail(`Invalid pattern "cc"`)
		case n <= 2:
			return digits(localDay, n, 2), nil
		}
		return named(c, dayOfWeek, dayTexts, n)
	case 'E':
		return named(c, dayOfWeek, dayTexts, max(n, 3))
	case 'G':
		return named(c, era, eraTexts, max(n, 3))
	}
	return element{kind: name, field: half, names: halfNames}, tooMany(c, n, 1)
}

// named returns an element that reads and prints names: short ones for 3 letters, full ones for 4, one letter for 5.
func named(c byte, f field, t texts, n int) (element, error) {
	e := element{kind: name, field: f}
	switch n {
	case 3:
		e.names = t.short
	case 4:
		e.names = t.full
	case 5:
		e.names = t.narrow
	}
	return e, tooMany(c, n, 5)
}

// zoneLetters returns the element of n letters for a zone.
func zoneLetters(c byte, n int) (element, error) {
	switch c {
	case 'V':
		if n != 2 {
			return element{}, fail("Pattern letter count must be 2: %c", c)
		}
		return element{kind: zoneID}, nil
	case 'z':
		return element{kind: zoneName}, tooMany(c, n, 4)
	case 'O':
		if n != 1 && n != 4 {
			return element{}, fail("Pattern letter count must be 1 or 4: %c", c)
		}
		return element{kind: greenwich, max: n}, nil
	case 'Z':
		switch {
		case n < 4:
			return offsetOf(offsetForm{minutes: required, zero: "+0000"}), nil
		case n == 4:
			return element{kind: greenwich, max: n}, nil
		}
		return offsetOf(idForm), tooMany(c, n, 5)
	case 'X':
		return offsetOf(isoOffset(n, "Z")), tooMany(c, n, 5)
	}
	zero := "+00:00"
	if n == 1 {
		zero = "+00"
	} else if n%2 == 0 {
		zero = "+0000"
	}
	return offsetOf(isoOffset(n, zero)), tooMany(c, n, 5)
}

// isoOffset returns the form of an offset that n letters X or x stand for.
func isoOffset(n int, zero string) offsetForm {
	o := offsetForm{minutes: required, colon: n == 3 || n == 5, zero: zero}
	if n == 1 {
		o.minutes = allowed
	}
	if n >= 4 {
		o.seconds = allowed
	}
	return o
}
