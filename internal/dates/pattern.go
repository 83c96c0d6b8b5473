package dates

// Patterns of letters, as java.time's DateTimeFormatter has them.

// maxDepth bounds the optional parts inside optional parts.
const maxDepth = 20

// pattern is one that is being compiled.
type pattern struct {
	text  string
	at    int
	depth int
}

// compilePattern returns the elements of a pattern. The text of an error is Java's, without the pattern.
func compilePattern(text string) ([]element, error) {
	p := &pattern{text: text}
	parts, err := p.parts()
	if err != nil {
		return nil, err
	}
	return seq(parts...), nil
}

// parts compiles up to the end of the pattern, or of the optional part.
func (p *pattern) parts() ([]any, error) {
	var parts []any
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case isLetter(c):
			e, err := p.letters()
			if err != nil {
				return nil, err
			}
			parts = append(parts, e)
		case c == '\'':
			s, err := p.quoted()
			if err != nil {
				return nil, err
			}
			parts = append(parts, s)
		case c == '[':
			e, err := p.optional()
			if err != nil {
				return nil, err
			}
			parts = append(parts, e)
		case c == ']':
			if p.depth == 0 {
				return nil, fail("Pattern invalid as it contains ] without previous [")
			}
			p.at++
			return parts, nil
		case c == '{' || c == '}' || c == '#':
			return nil, fail("Pattern includes reserved character: '%c'", c)
		default:
			p.at++
			parts = append(parts, string(c))
		}
	}
	return parts, nil
}

// optional compiles the part in brackets. A bracket that is still open at the end closes there.
func (p *pattern) optional() (element, error) {
	if p.depth == maxDepth {
		return element{}, fail("Pattern has more than %d optional parts inside each other", maxDepth)
	}
	p.at++
	p.depth++
	parts, err := p.parts()
	p.depth--
	return opt(parts...), err
}

// quoted compiles text in single quotes; two of them stand for one.
func (p *pattern) quoted() (string, error) {
	var text []byte
	for i := p.at + 1; i < len(p.text); i++ {
		if p.text[i] != '\'' {
			text = append(text, p.text[i])
			continue
		}
		if i+1 < len(p.text) && p.text[i+1] == '\'' {
			text = append(text, '\'')
			i++
			continue
		}
		empty := i == p.at+1
		p.at = i + 1
		if empty {
			return "'", nil
		}
		return string(text), nil
	}
	return "", fail("Pattern ends with an incomplete string literal: %s", p.text)
}

// run returns the letter that stands there, and how often.
func (p *pattern) run() (c byte, n int) {
	c = p.text[p.at]
	for p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		n++
	}
	return c, n
}

// letters compiles a run of one letter. The letter p before it asks for a fixed width.
func (p *pattern) letters() (element, error) {
	c, n := p.run()
	if c != 'p' {
		return compileLetters(c, n)
	}
	if p.at == len(p.text) || !isLetter(p.text[p.at]) {
		return element{}, fail("Pad letter 'p' must be followed by valid pad pattern: %s", p.text)
	}
	c, count := p.run()
	e, err := compileLetters(c, count)
	return element{kind: padded, min: n, sub: seq(e)}, err
}

// years are the letters of numbers that may have any number of digits.
var years = map[byte]field{'u': year, 'y': yearOfEra, 'Y': localWeekYear}

// numbers are the letters of numbers of one or two digits.
var numbers = map[byte]field{
	'd': dayOfMonth, 'h': clockHourOfHalf, 'H': hour, 'k': clockHour, 'K': hourOfHalf, 'm': minute, 's': second,
}

// counters are the letters of numbers that have at least so many digits as there are letters.
var counters = map[byte]field{'A': milliOfDay, 'n': nano, 'N': nanoOfDay}

// compileLetters returns the element of n letters c.
func compileLetters(c byte, n int) (element, error) {
	if f, ok := years[c]; ok {
		return yearLetters(f, n)
	}
	if f, ok := numbers[c]; ok {
		return numberLetters(c, f, n, 2)
	}
	if f, ok := counters[c]; ok {
		return num(f, n, 19, notNegative), widthError(n)
	}
	switch c {
	case 'M', 'L', 'Q', 'q', 'E', 'e', 'c', 'a', 'G':
		return textLetters(c, n)
	case 'w':
		return digits(localWeek, n, 2), tooMany(c, n, 2)
	case 'D':
		if n > 1 {
			return digits(dayOfYear, n, 3), tooMany(c, n, 3)
		}
		return anyNum(dayOfYear), nil
	case 'S':
		if n > 9 {
			return element{}, fail("Minimum width must be from 0 to 9 inclusive but was %d", n)
		}
		return bareFrac(n, n), nil
	case 'V', 'z', 'O', 'X', 'x', 'Z':
		return zoneLetters(c, n)
	case 'W', 'F', 'g', 'B', 'v':
		return element{}, fail("Pattern letter is not supported: %c", c)
	}
	return element{}, fail("Unknown pattern letter: %c", c)
}

// yearLetters returns the element of n letters for a year.
func yearLetters(f field, n int) (element, error) {
	switch {
	case n == 2:
		return element{kind: reduced, field: f, min: 2, max: 2, sign: notNegative}, nil
	case f == localWeekYear:
		s := normal
		if n >= 4 {
			s = exceeds
		}
		return num(f, n, 19, s), widthError(n)
	case n < 4:
		return num(f, n, 19, normal), nil
	}
	return num(f, n, 19, exceeds), widthError(n)
}

func widthError(n int) error {
	if n > 19 {
		return fail("The minimum width must be from 1 to 19 inclusive but was %d", n)
	}
	return nil
}

// numberLetters returns a number of any width for one letter, and of two digits for two.
func numberLetters(c byte, f field, n, most int) (element, error) {
	if n == 1 {
		return anyNum(f), nil
	}
	return num2(f), tooMany(c, n, most)
}

// tooMany returns an error if there are more than most letters c.
func tooMany(c byte, n, most int) error {
	if n > most {
		return fail("Too many pattern letters: %c", c)
	}
	return nil
}
