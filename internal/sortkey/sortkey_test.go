package sortkey

import (
	"bytes"
	"cmp"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// ordered are values in ascending order; those of one line are equal.
var ordered = [][]string{
	{`false`}, {`true`},
	{`-1e99999999999999999999`}, {`-1e400`}, {`-1e64`, `-10e63`}, {`-123456789012345678901234567890`}, {`-9007199254740993`}, {`-9007199254740992`},
	{`-100`, `-1e2`, `-100.0`}, {`-12.5`}, {`-12.25`}, {`-12`}, {`-1.01`}, {`-1.001`}, {`-1`}, {`-0.5`}, {`-1e-70`}, {`-1e-400`},
	{`0`, `-0`, `0.0`, `0e9`, `-0.000e-5`},
	{`1e-99999999999999999999`}, {`1e-400`}, {`1e-70`}, {`0.001`}, {`0.1`, `1e-1`, `0.10`}, {`0.11`}, {`0.5`}, {`1`, `1.0`, `1e0`, `0.1e1`}, {`1.001`}, {`1.01`},
	{`9`}, {`10`, `1e1`}, {`12`}, {`12.25`}, {`12.5`}, {`100`}, {`9007199254740991`}, {`9007199254740992`}, {`9007199254740993`}, {`1e63`}, {`1e64`}, {`1e65`}, {`1e400`},
	{`1e99999999999999999999`},
	{`""`}, {`"\u0000"`}, {`"\u0000\u0000"`}, {`"\u0000a"`}, {`"\u0001"`}, {`" "`}, {`"A"`, `"\u0041"`}, {`"a"`}, {`"a\u0000"`}, {`"a\u0000b"`}, {`"a\u0001"`}, {`"aa"`},
	{`"b"`}, {`"é"`, `"\u00e9"`}, {`"\ud800"`}, {`"\uffff"`}, {`"😀"`, `"\ud83d\ude00"`},
	{`null`},
}

func TestOrder(t *testing.T) {
	var keys [][]byte
	for _, values := range ordered {
		first, ok := Append(nil, []byte(values[0]))
		if !ok {
			t.Fatalf("%s has no key", values[0])
		}
		for _, v := range values[1:] {
			if key, _ := Append(nil, []byte(v)); !bytes.Equal(key, first) {
				t.Errorf("%s has the key %x, %s has %x", v, key, values[0], first)
			}
		}
		keys = append(keys, first)
	}
	keys = append(keys, AppendMissing(nil))
	for i := range keys {
		for j := range keys {
			if got := bytes.Compare(keys[i], keys[j]); got != cmp.Compare(i, j) {
				t.Errorf("%d. %x and %d. %x: %d", i, keys[i], j, keys[j], got)
			}
			if i != j && bytes.HasPrefix(keys[i], keys[j]) {
				t.Errorf("%x begins with %x", keys[i], keys[j])
			}
		}
	}
	for _, v := range []string{`{}`, `[]`, ``} {
		if key, ok := Append(nil, []byte(v)); ok || len(key) > 0 {
			t.Errorf("%q has the key %x", v, key)
		}
	}
}

// Descending, the values sort the other way round, and null stays behind them.
func TestDescend(t *testing.T) {
	for i := range len(ordered) - 1 {
		for j := range len(ordered) - 1 {
			a, _ := Append(nil, []byte(ordered[i][0]))
			b, _ := Append(nil, []byte(ordered[j][0]))
			Descend(a)
			Descend(b)
			for _, absent := range [][]byte{{tagNull}, AppendMissing(nil)} {
				Descend(absent)
				if bytes.Compare(a, absent) >= 0 || Len(absent, true) != 1 {
					t.Errorf("descending %s is %x, not before %x", ordered[i][0], a, absent)
				}
			}
			if Len(a, true) != len(a) {
				t.Errorf("descending %s is %x, of length %d", ordered[i][0], a, Len(a, true))
			}
			if got := bytes.Compare(append(a, 7), append(b, 9)); i != j && got != cmp.Compare(j, i) {
				t.Errorf("descending %s and %s: %d", ordered[i][0], ordered[j][0], got)
			}
		}
	}
}

func randomNumber(r *rand.Rand) string {
	digits := func(n int) string {
		var s strings.Builder
		for range n {
			fmt.Fprint(&s, []int{0, 0, 1, 5, 9, r.IntN(10)}[r.IntN(6)])
		}
		return s.String()
	}
	number := []string{"", "-"}[r.IntN(2)]
	if whole := strings.TrimLeft(digits(r.IntN(6)), "0"); whole != "" {
		number += whole
	} else {
		number += "0"
	}
	if r.IntN(2) == 0 {
		number += "." + digits(1+r.IntN(5))
	}
	if r.IntN(3) == 0 {
		number += fmt.Sprintf("e%d", r.IntN(12)-6)
	}
	return number
}

func compareNumbers(a, b string) int {
	x, _ := new(big.Rat).SetString(a)
	y, _ := new(big.Rat).SetString(b)
	return x.Cmp(y)
}

func TestRandomNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50000 {
		a, b := randomNumber(r), randomNumber(r)
		x, _ := Append(nil, []byte(a))
		y, _ := Append(nil, []byte(b))
		if want := compareNumbers(a, b); bytes.Compare(x, y) != want {
			t.Fatalf("%s (%x) and %s (%x): want %d", a, x, b, y, want)
		}
	}
}

func randomValue(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0:
		return []string{"null", "true", "false"}[r.IntN(3)]
	case 1, 2, 3:
		return randomNumber(r)
	}
	var s []byte
	for range r.IntN(7) {
		s = append(s, "\x00\x01ab\xc3"[r.IntN(4)])
	}
	return string(rawjson.AppendString(nil, string(s)))
}

// compareValues compares two scalars of one kind.
func compareValues(a, b string) int {
	if a[0] == '"' {
		return bytes.Compare(rawjson.AppendDecoded(nil, []byte(a)), rawjson.AppendDecoded(nil, []byte(b)))
	}
	if kind := kindOf([]byte(a)); kind.From[0] == tagNegative {
		return compareNumbers(a, b)
	}
	return strings.Compare(a, b) // false < true
}

// in says whether a value is between two bounds.
func in(value string, lower, upper Bound) bool {
	if lower.Value == nil && upper.Value == nil {
		return value != "null"
	}
	for _, b := range []Bound{lower, upper} {
		if b.Value != nil && kindOf(b.Value).From[0] != kindOf([]byte(value)).From[0] {
			return false
		}
	}
	if lower.Value != nil {
		if c := compareValues(value, string(lower.Value)); c < 0 || c == 0 && lower.Excluded {
			return false
		}
	}
	if upper.Value != nil {
		if c := compareValues(value, string(upper.Value)); c > 0 || c == 0 && upper.Excluded {
			return false
		}
	}
	return true
}

// All values of a range have their keys in its span, and, if nothing is cut, no string has that is outside.
func TestBetween(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	inside := 0
	for range 100000 {
		most := []int{1, 2, 3, Whole}[r.IntN(4)]
		lower, upper, value := Bound{Excluded: r.IntN(2) == 0}, Bound{Excluded: r.IntN(2) == 0}, randomValue(r)
		if r.IntN(4) > 0 {
			lower.Value = []byte(randomValue(r))
		}
		if r.IntN(4) > 0 {
			upper.Value = []byte(randomValue(r))
		}
		s := Between(lower, upper, most)
		key, _, _ := AppendCut(nil, []byte(value), most)
		want := in(value, lower, upper)
		if want {
			inside++
		}
		if got := s.Contains(key); want && !got || got && !want && most == Whole && value[0] == '"' {
			t.Fatalf("%s between %+v %s and %s, cut at %d: %t, want %t", value, s, lower.Value, upper.Value, most, got, want)
		}
	}
	if inside < 10000 {
		t.Errorf("only %d values were inside", inside)
	}
}

func TestEqualAndPrefix(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 50000 {
		most := []int{1, 2, 3, Whole}[r.IntN(4)]
		a, b := randomValue(r), randomValue(r)
		key, _, _ := AppendCut(nil, []byte(b), most)
		same := kindOf([]byte(a)).From[0] == kindOf([]byte(b)).From[0] && compareValues(a, b) == 0
		if got := Equal([]byte(a), most).Contains(key); same && !got || got && !same && (most == Whole || a[0] == '"') {
			t.Fatalf("%s equals %s, cut at %d: %t", b, a, most, got)
		}
		if a[0] != '"' || b[0] != '"' {
			continue
		}
		x, y := rawjson.AppendDecoded(nil, []byte(a)), rawjson.AppendDecoded(nil, []byte(b))
		begins := bytes.HasPrefix(y, x)
		if got := Prefix(x, most).Contains(key); begins && !got || got && !begins && most == Whole {
			t.Fatalf("%s begins with %s, cut at %d: %t", b, a, most, got)
		}
	}
}

// What is cut keeps keys of different strings apart, and short.
func TestCut(t *testing.T) {
	long := strings.Repeat("x", 100)
	a, cut, _ := AppendCut(nil, []byte(`"`+long+`1"`), 10)
	b, _, _ := AppendCut(nil, []byte(`"`+long+`2"`), 10)
	if !cut || len(a) > 30 || bytes.Equal(a, b) {
		t.Errorf("%x and %x", a, b)
	}
	if _, cut, _ := AppendCut(nil, []byte(`1234567890123`), 10); !cut {
		t.Error("a number of 13 digits is not cut at 10")
	}
	if _, cut, _ := AppendCut(nil, []byte(`"1234567890"`), 10); cut {
		t.Error("a string of 10 bytes is cut at 10")
	}
}

func FuzzAppend(f *testing.F) {
	for _, values := range ordered {
		f.Add([]byte(values[0]), []byte(`"x"`))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		a, err := rawjson.Compact(a, 0)
		b, err2 := rawjson.Compact(b, 0)
		if err != nil || err2 != nil {
			return
		}
		x, _ := Append(nil, a)
		y, _ := Append(nil, b)
		if len(x) > 0 && len(y) > len(x) && bytes.HasPrefix(y, x) {
			t.Errorf("the key of %s begins with that of %s", b, a)
		}
		if len(a) > 0 && len(b) > 0 && a[0] == '"' && b[0] == '"' && bytes.Equal(x, y) != rawjson.Equal(a, b) {
			t.Errorf("%s and %s have the keys %x and %x", a, b, x, y)
		}
	})
}
