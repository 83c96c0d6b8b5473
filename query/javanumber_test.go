package query

import (
	"fmt"
	"math"
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
