package javanumber

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]float64{
		"1": 1, " 1.5\t": 1.5, "+1": 1, "-.5": -0.5, "5.": 5, "1e3": 1000, "1d": 1, "1F": 1, "0x1p3": 8, "0x1.8p0d": 1.5,
		"0xfp0":    15,
		"Infinity": math.Inf(1), "-Infinity": math.Inf(-1), "1e400": math.Inf(1), "1e-400": 0,
	} {
		if got, err := Parse(text, 64); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "empty String", " ": "empty String", "x": `For input string: "x"`, " x ": `For input string: "x"`,
		"1_0": `For input string: "1_0"`,
		"inf": `For input string: "inf"`, "nan": `For input string: "nan"`, "+-1": `For input string: "+-1"`,
		"0x1": `For input string: "0x1"`,
		"1ff": `For input string: "1ff"`, "d": `For input string: "d"`, "1 2": `For input string: "1 2"`,
		"٣": `For input string: "٣"`,
	} {
		if _, err := Parse(text, 64); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

// Random decimals, against math/big.
func TestWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50000 {
		text := []string{"", "-",
			"+"}[r.IntN(3)] + fmt.Sprint(r.Uint64N([]uint64{2, 1000, 1 << 53, math.MaxUint64}[r.IntN(4)]))
		if r.IntN(2) == 0 {
			text += fmt.Sprintf(".%d", r.IntN(1000))
		}
		if r.IntN(3) == 0 {
			text += fmt.Sprintf("%c%d", "eE"[r.IntN(2)], r.IntN(40)-20)
		}
		exact, _ := new(big.Rat).SetString(text)
		whole := new(big.Int).Quo(exact.Num(), exact.Denom())
		got, ok := Whole(text)
		if ok != whole.IsInt64() || ok && got != whole.Int64() {
			t.Fatalf("%s: %d, %t, want %v", text, got, ok, whole)
		}
	}
	for _, text := range []string{"", "x", "1e", "1 ", " 1", "0x10", "1_0", "NaN", "--1", "1.2.3", "e5", ".", "1e401",
		"1e99999999999", "1/2"} {
		if n, ok := Whole(text); ok {
			t.Errorf("%q: %d", text, n)
		}
	}
	if n, ok := Whole("1e-999999999"); n != 0 || !ok {
		t.Errorf("a tiny number: %d, %t", n, ok)
	}
}

// All numbers of 16 bits stay what they are, and what is between two of them becomes the nearer one.
func TestToHalf(t *testing.T) {
	half := func(bits int) float64 { // of the bits of a finite number
		exponent, mantissa := bits>>10, float64(bits&1023)
		if exponent == 0 {
			return math.Ldexp(mantissa, -24)
		}
		return math.Ldexp(1024+mantissa, exponent-25)
	}
	const last = 31<<10 - 1
	for bits := range last {
		low, high := half(bits), half(bits+1)
		middle := (low + high) / 2
		even := low
		if bits%2 == 1 {
			even = high
		}
		for n, want := range map[float64]float64{
			low: low, math.Nextafter(middle, 0): low, middle: even, math.Nextafter(middle, 1e9): high, high: high,
		} {
			if got := ToHalf(n); got != want {
				t.Fatalf("%v: %v, want %v", n, got, want)
			}
			if got := ToHalf(-n); got != -want {
				t.Fatalf("%v: %v, want %v", -n, got, -want)
			}
		}
	}
	if got := []float64{half(last), ToHalf(65519), ToHalf(65520), ToHalf(-1e300)}; got[0] != 65504 || got[1] != 65504 ||
		!math.IsInf(got[2], 1) || !math.IsInf(got[3], -1) {
		t.Error(got)
	}
}
