package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite"
)

// How the values of a field are distributed over documents: numbers in ranges of equal width, texts and booleans by how
// frequent they are. Both are drawn as bars.

// The bounds of a histogram.
const (
	aboutRanges   = 20       // of numbers
	mostFrequent  = 20       // texts that are drawn
	maxTextBytes  = 64 << 20 // of different texts
	longestText   = 40       // characters of a text that are drawn
	plainWidth    = 80       // columns where there is no terminal
	borderTrouble = 1e-9     // by which a quotient of two numbers may be less than it should be
)

// distribution is the values of a field.
type distribution struct {
	field     string
	numbers   []float64
	texts     map[string]uint64 // by their JSON
	textBytes int               // of the keys of texts
	textCount uint64
	others    uint64 // values that are neither
	documents uint64
	without   uint64 // documents that have no value
}

// drawHistogram draws the values that the documents have which match.
func (f *finder) drawHistogram(ctx context.Context, col anyCollection, q kuzzlite.Query) error {
	d := &distribution{field: f.histogram, texts: map[string]uint64{}}
	for doc, err := range col.Find(ctx, q, &f.options) {
		if err == nil {
			err = d.add(doc.Source)
		}
		if err != nil {
			return err
		}
	}
	if _, err := f.app.out.WriteString(d.draw(f.app.out.columns())); err != nil {
		return outputError(err)
	}
	return nil
}

// add takes in a document.
func (d *distribution) add(doc json.RawMessage) error {
	d.documents++
	found := false
	valuesAt(doc, d.field, func(value json.RawMessage) {
		found = true
		d.value(value)
	})
	if !found {
		d.without++
	}
	if d.textBytes > maxTextBytes {
		return &failure{exitStore, fmt.Errorf("the field %q has more different texts than memory is meant for", d.field),
			"a query that finds less has fewer of them"}
	}
	return nil
}

// value takes in a value.
func (d *distribution) value(value json.RawMessage) {
	switch c := value[0]; {
	case c == '"' || c == 't' || c == 'f':
		d.textCount++
		if _, known := d.texts[string(value)]; !known {
			d.textBytes += len(value)
		}
		d.texts[string(value)]++
	case c == '-' || c >= '0' && c <= '9':
		number, err := strconv.ParseFloat(string(value), 64)
		if errors.Is(err, strconv.ErrRange) {
			d.others++
			return
		}
		d.numbers = append(d.numbers, number)
	default:
		d.others++
	}
}

// valuesAt calls visit with the values that a document has at a path, which leads through objects and arrays as that of
// a query does.
func valuesAt(value json.RawMessage, path string, visit func(json.RawMessage)) {
	switch {
	case value[0] == '[':
		var elements []json.RawMessage
		_ = json.Unmarshal(value, &elements) // the JSON of a document is valid
		for _, e := range elements {
			valuesAt(e, path, visit)
		}
	case path == "":
		visit(value)
	case value[0] == '{':
		for key, member := range membersOf(value) {
			if key == path {
				valuesAt(member, "", visit)
			} else if rest, inside := strings.CutPrefix(path, key+"."); inside && rest != "" {
				valuesAt(member, rest, visit)
			}
		}
	}
}

// draw draws the bars, in so many columns.
func (d *distribution) draw(width int) string {
	var s strings.Builder
	if n := len(d.numbers); n > 0 {
		slices.Sort(d.numbers)
		fmt.Fprintf(&s, "%s: %s from %s to %s, median %s; a range has its first number, not its last\n", printable(d.field),
			counted(uint64(n), "number"), plain(d.numbers[0]), plain(d.numbers[n-1]), plain(d.numbers[(n-1)/2]))
		s.WriteString(chart(width, []bars{{list: rangesOf(d.numbers)}}))
	}
	if n := len(d.texts); n > 0 {
		fmt.Fprintf(&s, "%s: %s, %d different\n", printable(d.field), counted(d.textCount, "text"), n)
		list, others := d.frequent()
		s.WriteString(chart(width, []bars{{list: list}}))
		if others > 0 {
			fmt.Fprintf(&s, "… and %s of %s\n", counted(others, "text"), counted(uint64(n-len(list)), "other kind"))
		}
	}
	if d.others > 0 {
		fmt.Fprintf(&s, "%s: %s null, an object, or a number too large to draw\n", printable(d.field),
			counted(d.others, "value")+map[bool]string{true: " is", false: " are"}[d.others == 1])
	}
	fmt.Fprintf(&s, "%s", counted(d.documents, "document"))
	if d.without > 0 {
		fmt.Fprintf(&s, ", %d without a value", d.without)
	}
	return s.String() + "\n"
}

// frequent returns the most frequent texts, and how many others there were.
func (d *distribution) frequent() (list []bar, others uint64) {
	texts := slices.SortedFunc(maps.Keys(d.texts), func(a, b string) int {
		return cmp.Or(cmp.Compare(d.texts[b], d.texts[a]), strings.Compare(a, b))
	})
	for i, text := range texts {
		if i >= mostFrequent {
			others += d.texts[text]
			continue
		}
		list = append(list, bar{textLabel(text), float64(d.texts[text])})
	}
	return list, others
}

// textLabel is a text, from its JSON, as it is drawn.
func textLabel(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) != nil || text == "" {
		return value // true, false or ""
	}
	return cut(printable(text), longestText)
}

// rangesOf counts numbers, which ascend, in ranges whose width is 1, 2 or 5 times a power of ten.
func rangesOf(numbers []float64) []bar {
	lowest, highest := numbers[0], numbers[len(numbers)-1]
	width, exponent := niceWidth(highest/aboutRanges - lowest/aboutRanges)
	if width == 0 || math.IsInf(width, 0) {
		return []bar{{plain(lowest), float64(len(numbers))}}
	}
	first := math.Floor(lowest/width + borderTrouble)
	count := int(min(math.Floor(highest/width+borderTrouble)-first, 4*aboutRanges)) + 1
	list := make([]bar, count)
	longest := 0
	for i := range list {
		from, to := border((first+float64(i))*width, exponent), border((first+float64(i)+1)*width, exponent)
		list[i].name = from + " .. " + to
		longest = max(longest, len(list[i].name))
	}
	for i := range list {
		list[i].name = fmt.Sprintf("%*s", longest, list[i].name)
	}
	for _, number := range numbers {
		i := int(math.Floor(number/width+borderTrouble) - first)
		list[min(max(i, 0), count-1)].value++
	}
	return list
}

// niceWidth returns the least of 1, 2 and 5 times a power of ten that is not less than a width, and the exponent of
// that power.
func niceWidth(least float64) (width float64, exponent int) {
	if least <= 0 {
		return 0, 0
	}
	exponent = int(math.Floor(math.Log10(least)))
	power := math.Pow10(exponent)
	for _, factor := range []float64{1, 2, 5} {
		if factor*power >= least {
			return factor * power, exponent
		}
	}
	return 10 * power, exponent + 1
}

// plain writes a number with all its digits.
func plain(number float64) string {
	if math.Abs(number) >= 1e18 || number != 0 && math.Abs(number) < 1e-9 {
		return strconv.FormatFloat(number, 'g', -1, 64)
	}
	return strconv.FormatFloat(number, 'f', -1, 64)
}

// border writes where a range begins, with as many digits as the width of the ranges needs.
func border(value float64, exponent int) string {
	if exponent < -9 || math.Abs(value) >= 1e18 {
		return strconv.FormatFloat(value, 'g', 6, 64)
	}
	text := strconv.FormatFloat(value, 'f', max(0, -exponent), 64)
	if strings.Trim(text, "-0.") == "" { // no -0
		return strings.TrimPrefix(text, "-")
	}
	return text
}
