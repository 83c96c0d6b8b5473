package javanumber

import "math"

// The exponents of numbers of 16 bits: the least one of a normal number, and the least step.
const (
	leastHalf = -14
	halfStep  = -24
)

// ToHalf rounds to a number of 16 bits, to the even one of two that are as near; what is too large is infinite.
func ToHalf(n float64) float64 {
	if n == 0 || math.IsInf(n, 0) || math.IsNaN(n) {
		return n
	}
	step := max(math.Ilogb(n)-10, halfStep) // ten bits follow the first one
	rounded := math.Ldexp(math.RoundToEven(math.Ldexp(n, -step)), step)
	if math.Abs(rounded) >= 65536 {
		return math.Copysign(math.Inf(1), n)
	}
	return rounded
}
