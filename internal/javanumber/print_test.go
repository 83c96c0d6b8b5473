package javanumber

import (
	"math"
	"testing"
)

func TestPrint(t *testing.T) {
	for n, want := range map[float64]string{
		0: "0.0", 50: "50.0", 100.5: "100.5", 1e7: "1.0E7", 12345678.5: "1.23456785E7",
		0.001: "0.001", 0.0001: "1.0E-4", math.Inf(-1): "-Infinity",
	} {
		if got := Print(n); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	}
	if got := Print(math.NaN()); got != "NaN" {
		t.Error(got)
	}
}
