package command

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestRangesOf counts numbers in ranges. Wherever a number lies, it is in the range that says so, and in no other.
func TestRangesOf(t *testing.T) {
	for _, test := range []struct {
		numbers []float64
		ranges  int
		first   string
		counts  []float64
	}{
		{[]float64{3}, 1, "3", []float64{1}},
		{[]float64{3, 3, 3}, 1, "3", []float64{3}},
		{[]float64{0, 1, 2, 3}, 16, "0.0 .. 0.2", nil},
		{[]float64{0.1, 0.2, 0.3, 0.6, 0.7}, 13, "0.10 .. 0.15", []float64{1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1}},
		{[]float64{-0.5, 0.5}, 21, "-0.50 .. -0.45", nil},
		{[]float64{1517966773840, 1518966773840}, 21, "1517950000000 .. 1518000000000", nil},
		{[]float64{0, 1e300}, 21, "0 .. 5e+298", nil},
		{[]float64{-math.MaxFloat64, math.MaxFloat64}, 18, "-Inf .. -1.6e+308", nil},
		{[]float64{0, 5e-324}, 1, "0", []float64{2}},
		{[]float64{1e15, math.Nextafter(1e15, 2e15)}, 2, "", nil},
		{[]float64{1e-20, 2e-20}, 21, "1e-20 .. 1.05e-20", nil},
	} {
		list := rangesOf(test.numbers)
		sum := 0.0
		var counts []float64
		for _, b := range list {
			sum += b.value
			counts = append(counts, b.value)
		}
		name := strings.TrimLeft(list[0].name, " ")
		if sum != float64(len(test.numbers)) || test.ranges > 2 && len(list) != test.ranges ||
			test.first != "" && name != test.first || test.counts != nil && !slices.Equal(counts, test.counts) {
			t.Errorf("%v: %d ranges, the first %q, counts %v with the sum %v", test.numbers, len(list), name, counts, sum)
		}
	}
}

// TestValuesAt follows paths through objects and arrays, as queries do.
func TestValuesAt(t *testing.T) {
	const doc = `{"a":{"b":1,"c":[2,{"b":3}]},"a.b":4,"l":[{"x":5},{"x":[6,7]},8],"s":"é","o":{},"n":null,"":{"":9}}`
	for path, want := range map[string]string{
		"a.b": "1 4", "a.c": `2 {"b":3}`, "a.c.b": "3", "l.x": "5 6 7", "l": `8 {"x":5} {"x":[6,7]}`, "s": `"é"`, "o": "{}",
		"n": "null", "nope": "", "a": `{"b":1,"c":[2,{"b":3}]}`, "s.x": "", "n.x": "", "a.": "", "b": "",
	} {
		var got []string
		valuesAt(json.RawMessage(doc), path, func(value json.RawMessage) { got = append(got, string(value)) })
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

// TestDistribution draws values of all kinds.
func TestDistribution(t *testing.T) {
	d := &distribution{field: "f", texts: map[string]uint64{}}
	add := func(doc string) {
		t.Helper()
		if err := d.add(json.RawMessage(doc)); err != nil {
			t.Fatal(err)
		}
	}
	for n := range mostFrequent + 3 {
		add(fmt.Sprintf(`{"f":["t%02d","%s"]}`, n, "much"))
	}
	long := `"\u001b[2J` + strings.Repeat("x", 50) + `"`
	for _, value := range []string{`""`, `true`, `"true"`, `null`, `{}`, `1e999`, `-2.5`, `7`, long} {
		add(`{"f":` + value + `}`)
	}
	add(`{"g":1}`)
	got := d.draw(60)
	for _, want := range []string{
		"f: 2 numbers from -2.5 to 7, median -2.5; a range",
		"\nf: 50 texts, 28 different\n",
		"\n  much  ",
		" 23\n",
		"\n  \"\"  ", "\n  t00 ", "… and 8 texts of 8 other kinds\n",
		"f: 3 values are null, an object, or a number too large to draw\n",
		"33 documents, 1 without a value\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it draws\n%swithout %q", got, want)
		}
	}
	if strings.Contains(got, "\x1b") || strings.Contains(got, strings.Repeat("x", longestText)) {
		t.Errorf("a text is drawn as it is:\n%s", got)
	}
}

// TestManyTexts gives up before different texts fill the memory.
func TestManyTexts(t *testing.T) {
	d := &distribution{field: "f", texts: map[string]uint64{}}
	pad := strings.Repeat("x", 16<<20)
	for n := range 4 {
		err := d.add(json.RawMessage(fmt.Sprintf(`{"f":"%d%s"}`, n, pad)))
		if (err != nil) != (n == 3) {
			t.Fatalf("text %d: %v", n, err)
		}
	}
}
