package koncorde

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
)

// No filter makes Parse panic, errors have texts, and a filter has one canonical form and one answer.
func FuzzParse(f *testing.F) {
	for i, test := range evaluations {
		f.Add([]byte(test.filter), []byte(test.document))
		f.Add([]byte(refused[i%len(refused)].filter), []byte(test.document))
	}
	for _, test := range trees {
		f.Add([]byte(test.filter), []byte(`{"a":[1]}`))
	}
	shape := func(_ Filter, lat, lon float64) bool { return lat <= lon }
	f.Fuzz(func(t *testing.T, filter, document []byte) {
		first, err := Parse(filter)
		if invalid := Validate(filter); (invalid != nil) && (err == nil || err.Error() != invalid.Error()) {
			t.Errorf("Parse: error %v, Validate: error %v", err, invalid)
		}
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		if form := Canonical(first); !json.Valid(form) {
			t.Errorf("the canonical form is no JSON: %s", form)
		}
		doubled, err := Parse([]byte(`{"not":{"not":` + string(filter) + `}}`))
		var parseError *ParseError
		if errors.As(err, &parseError) || errors.As(err, new(*RuntimeError)) {
			return // everything cannot be negated, and geo conditions in groups cannot
		}
		if !bytes.Equal(Canonical(doubled), Canonical(first)) {
			t.Errorf("canonical forms\n%s\n%s", Canonical(first), Canonical(doubled))
		}
		if Matches(first, document, "id", shape) != Matches(doubled, document, "id", shape) {
			t.Error("a doubled negation changes the answer")
		}
	})
}

// What is called for each document does not allocate.
func TestNoAllocations(t *testing.T) {
	parsed := func(filter string) Filter {
		f, err := Parse([]byte(filter))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	limits := parsed(`{"range":{"a":{"gt":1,"lte":3}}}`).(Range)
	expression := parsed(`{"regexp":{"a":"b+c"}}`).(*Regexp)
	text, quoted, place := []byte("aabbcc"), []byte(`"aabbcc"`), []byte(`{"lat":48.8566,"lon":2.3522}`)
	for name, call := range map[string]func() bool{
		"Range.Holds":     func() bool { return limits.Holds(2) },
		"Range.HoldsNot":  func() bool { return !limits.HoldsNot(2) },
		"Regexp.Holds":    func() bool { return expression.Holds(text) },
		"Regexp.HoldsNot": func() bool { return !expression.HoldsNot(quoted) },
		"Point":           func() bool { _, _, ok := Point(place); return ok },
	} {
		right := true
		if got := testing.AllocsPerRun(100, func() { right = right && call() }); got != 0 || !right {
			t.Errorf("%s allocates %v times, and its result is right: %v", name, got, right)
		}
	}
}

func BenchmarkPoint(b *testing.B) {
	raw := []byte(`{"lat":48.8566,"lon":2.3522}`)
	b.ReportAllocs()
	for b.Loop() {
		Point(raw)
	}
}

func BenchmarkRegexpHolds(b *testing.B) {
	f, err := Parse([]byte(`{"regexp":{"a":"b+c"}}`))
	if err != nil {
		b.Fatal(err)
	}
	expression, text := f.(*Regexp), []byte("aabbcc")
	b.ReportAllocs()
	for b.Loop() {
		expression.Holds(text)
	}
}

func BenchmarkParse(b *testing.B) {
	filter := []byte(`{"and":[{"equals":{"a":1}},{"or":[{"exists":"b"},{"range":{"c":{"gt":5}}}]},{"missing":"d[1]"}]}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(filter); err != nil {
			b.Fatal(err)
		}
	}
}
