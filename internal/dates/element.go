package dates

// kind says what an element of a format reads and prints.
type kind uint8

const (
	number    kind = iota // digits, perhaps with a sign
	reduced               // the last two digits of a year from 2000 on
	fraction              // a fraction of a second
	literal               // text that stands there as it is
	name                  // the name of a month, a day, an era, a half of the day
	offsetID              // a distance from Greenwich
	zoneID                // an offset or a region
	zoneName              // an abbreviation such as CET, or what zoneID reads
	greenwich             // GMT, or GMT+1
	padded                // an element in a field of a fixed width, filled up with spaces at the left
	group                 // a sequence of elements
	optional              // a sequence of elements that may be missing as a whole
)

// sign says which signs a number may have.
type sign uint8

const (
	normal      sign = iota // a minus
	never                   // none
	notNegative             // none, too
	exceeds                 // a minus, and a plus, which must be there, if the number has more digits than its minimum
)

// element is one part of a format. The elements of a format form a tree, whose inner nodes are groups and optional
// parts.
type element struct {
	kind     kind
	field    field
	min, max int // the number of digits
	sign     sign
	after    int  // how many digits of fixed numbers follow
	point    bool // a fraction starts with its decimal point
	text     string
	fold     bool     // letters of a literal may have either case
	names    []string // from the smallest value of the field on
	offset   offsetForm
	sub      []element
}

// num makes a number of min to max digits.
func num(f field, least, most int, s sign) element {
	return element{kind: number, field: f, min: least, max: most, sign: s}
}

// num2 makes a number of two digits.
func num2(f field) element { return num(f, 2, 2, notNegative) }

// anyNum makes a number of any width.
func anyNum(f field) element { return num(f, 1, 19, normal) }

// digits makes a number of least to most digits that has no sign.
func digits(f field, least, most int) element { return num(f, least, most, notNegative) }

// frac makes a fraction of a second of least to most digits, after a decimal point.
func frac(least, most int) element {
	return element{kind: fraction, field: nano, min: least, max: most, point: true}
}

// bareFrac makes a fraction of a second without the decimal point.
func bareFrac(least, most int) element {
	return element{kind: fraction, field: nano, min: least, max: most, sign: notNegative}
}

func lit(s string) element { return element{kind: literal, text: s} }

// opt makes an optional part.
func opt(sub ...any) element { return element{kind: optional, sub: seq(sub...)} }

// grp makes a group, whose numbers do not see the numbers beside it.
func grp(sub ...any) element { return element{kind: group, sub: seq(sub...)} }

func offsetOf(f offsetForm) element { return element{kind: offsetID, field: offset, offset: f} }

// seq makes a sequence of elements; strings stand for literals. Numbers that touch each other share out their digits:
// the first leaves to the others, which have a fixed width, as many digits as they need.
func seq(parts ...any) []element {
	var out []element
	first := -1 // of the numbers that touch each other
	for _, p := range parts {
		e, ok := p.(element)
		if !ok {
			e = lit(p.(string))
		}
		out = append(out, e)
		if !e.adjacent() {
			first = -1
			continue
		}
		last := len(out) - 1
		switch {
		case first < 0:
			first = last
		case e.min == e.max && e.sign == notNegative:
			out[first].after += e.max
		default:
			out[first].after = 0
			first = last
		}
	}
	return out
}

// adjacent says whether e shares out digits with numbers next to it.
func (e *element) adjacent() bool {
	switch e.kind {
	case number, reduced:
		return true
	case fraction:
		return e.min == e.max && !e.point
	}
	return false
}

// walk calls fn for e and all elements below it.
func walk(elements []element, fn func(*element)) {
	for i := range elements {
		fn(&elements[i])
		walk(elements[i].sub, fn)
	}
}
