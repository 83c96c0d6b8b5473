package query

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

func TestJavaDouble(t *testing.T) {
	for n, want := range map[float64]string{
		0: "0.0", 1: "1.0", -2.5: "-2.5", 0.001: "0.001", 0.00099: "9.9E-4", 1e7: "1.0E7", 9999999: "9999999.0", 1e30: "1.0E30",
		1.5e-7: "1.5E-7", math.MaxFloat64: "1.7976931348623157E308", math.Inf(1): "Infinity", math.Inf(-1): "-Infinity",
	} {
		if got := javaDouble(n); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	}
	if got := javaDouble(math.Copysign(0, -1)) + " " + javaDouble(math.NaN()); got != "-0.0 NaN" {
		t.Error(got)
	}
}

func TestParseJavaFloat(t *testing.T) {
	for text, want := range map[string]float64{
		"1": 1, " 1.5\t": 1.5, "+1": 1, "-.5": -0.5, "5.": 5, "1e3": 1000, "1d": 1, "1F": 1, "0x1p3": 8, "0x1.8p0d": 1.5,
		"0xfp0":    15,
		"Infinity": math.Inf(1), "-Infinity": math.Inf(-1), "1e400": math.Inf(1), "1e-400": 0,
	} {
		if got, err := parseJavaFloat(text, 64); err != nil || got != want {
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
		if _, err := parseJavaFloat(text, 64); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

// Random decimals, against math/big.
func TestWholeOf(t *testing.T) {
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
		got, ok := wholeOf(text)
		if ok != whole.IsInt64() || ok && got != whole.Int64() {
			t.Fatalf("%s: %d, %t, want %v", text, got, ok, whole)
		}
	}
	for _, text := range []string{"", "x", "1e", "1 ", " 1", "0x10", "1_0", "NaN", "--1", "1.2.3", "e5", ".", "1e401",
		"1e99999999999", "1/2"} {
		if n, ok := wholeOf(text); ok {
			t.Errorf("%q: %d", text, n)
		}
	}
	if n, ok := wholeOf("1e-999999999"); n != 0 || !ok {
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
			if got := toHalf(n); got != want {
				t.Fatalf("%v: %v, want %v", n, got, want)
			}
			if got := toHalf(-n); got != -want {
				t.Fatalf("%v: %v, want %v", -n, got, -want)
			}
		}
	}
	if got := []float64{half(last), toHalf(65519), toHalf(65520), toHalf(-1e300)}; got[0] != 65504 || got[1] != 65504 ||
		!math.IsInf(got[2], 1) || !math.IsInf(got[3], -1) {
		t.Error(got)
	}
}

// The short way for numbers gives what strconv does.
func TestPlainFloat(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	k := floatKind{bits: 64}
	for range 200000 {
		text := []string{"", "-"}[r.IntN(2)] + fmt.Sprint(r.Uint64N([]uint64{2, 1000, 1 << 53, 1 << 60}[r.IntN(4)]))
		if r.IntN(2) == 0 {
			text += fmt.Sprintf(".%0*d", 1+r.IntN(17), r.IntN(1000))
		}
		want, _ := strconv.ParseFloat(text, 64)
		if got, err := k.plain([]byte(text)); err != nil || math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("%s: %v, want %v", text, got, want)
		}
	}
}

// Keys sort as numbers do.
func TestFloatKey(t *testing.T) {
	list := []float64{math.Inf(-1), -1e300, -1, -1e-300, math.Copysign(0, -1), 0, 5e-324, 1, math.Nextafter(1, 2), 1e300, math.Inf(1), math.NaN()}
	for i := range list[1:] {
		if floatKey(list[i]) >= floatKey(list[i+1]) {
			t.Errorf("%v is not before %v", list[i], list[i+1])
		}
	}
}

// The short way for addresses gives what net/netip does.
func TestFourBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	fine := 0
	for range 200000 {
		var parts []string
		for range 3 + r.IntN(7)/3 {
			parts = append(parts, []string{"0", "1", "10", "255", "256", "00", "01", "", "a", "999", "25"}[min(r.IntN(40), 10)])
		}
		text := strings.Join(parts, ".")
		want, err := netip.ParseAddr(text)
		got, ok := fourBytes([]byte(text))
		if ok != (err == nil) || ok && got.Unmap() != want {
			t.Fatalf("%q: %v, %t, want %v, %v", text, got, ok, want, err)
		}
		if ok {
			fine++
		}
	}
	if fine < 1000 {
		t.Errorf("only %d addresses", fine)
	}
}
