package aggregation

import (
	"math"
	"math/big"
	"math/bits"
)

// sum adds numbers without an error: the result is the exact sum, rounded once, and so the same in whatever order the
// numbers come: 0.1 + 0.2 + 0.3 is 0.6.
type sum struct {
	high, low uint64  // the sum of most numbers, as a whole number of 128 bits with a sign, in units of 2^-64
	rest      *bigSum // of all others; nil: there were none
}

// What the parts of a number are in its bits (IEEE 754).
const (
	mantissaBits = 52
	exponentMask = 1<<11 - 1
	exponentBias = 1023
)

// unit is the exponent, as it stands in the bits of a number, of a number whose mantissa counts units.
const unit = exponentBias + mantissaBits - 64

func (s *sum) add(n float64) {
	b := math.Float64bits(n)
	exponent := int(b>>mantissaBits) & exponentMask
	mantissa := b&(1<<mantissaBits-1) | 1<<mantissaBits
	shift := exponent - unit
	if shift < 0 {
		if n == 0 {
			return
		}
		below := min(-shift, 63)
		if mantissa&(1<<below-1) != 0 {
			s.addRest(n)
			return
		}
		mantissa, shift = mantissa>>below, 0
	}
	if shift > 63 {
		s.addRest(n)
		return
	}
	low, high, carry := mantissa<<shift, mantissa>>(64-shift), uint64(0)
	if n < 0 {
		s.low, carry = bits.Sub64(s.low, low, 0)
		s.high, _ = bits.Sub64(s.high, high, carry)
	} else {
		s.low, carry = bits.Add64(s.low, low, 0)
		s.high, _ = bits.Add64(s.high, high, carry)
	}
	if s.high+1<<62 >= 1<<63 { // the next number might be too much
		s.addRest(s.most())
	}
}

// addRest adds a number that is too large, or too small, to be counted in units.
func (s *sum) addRest(n float64) {
	if s.rest == nil {
		s.rest = &bigSum{}
	}
	s.rest.add(n)
}

// most takes most of what is counted in units out of it, and returns it.
func (s *sum) most() float64 {
	whole := int64(s.high) >> 32 << 32 // which has 31 bits, and so is a number
	s.high -= uint64(whole)
	return float64(whole)
}

// value returns the sum.
func (s *sum) value() float64 {
	if s.rest != nil {
		return s.rest.value(s)
	}
	return s.counted()
}

// counted returns what is counted in units, rounded to the nearest number.
func (s *sum) counted() float64 {
	high, low, sign := s.high, s.low, 1.0
	if int64(high) < 0 {
		var borrow uint64
		low, borrow = bits.Sub64(0, low, 0)
		high, _ = bits.Sub64(0, high, borrow)
		sign = -1
	}
	if high == 0 {
		return math.Ldexp(sign*float64(low), -64)
	}
	zeros := bits.LeadingZeros64(high)
	first, lost := high<<zeros|low>>(64-zeros), low<<zeros
	if lost != 0 {
		first |= 1 // so that what is behind counts where a number is just between two others
	}
	return math.Ldexp(sign*float64(first), -zeros)
}

// bigSum is the sum of numbers of any size.
type bigSum struct {
	finite *big.Float // nil: 0
	other  float64    // the sum of what is infinite, or no number; 0: there was none
}

// exactBits is how many bits the exact sum of any numbers has, with room for the carries of many.
const exactBits = 2200

func (s *bigSum) add(n float64) {
	if math.IsInf(n, 0) || math.IsNaN(n) {
		s.other += n
		return
	}
	if s.finite == nil {
		s.finite = new(big.Float).SetPrec(exactBits)
	}
	s.finite.Add(s.finite, new(big.Float).SetFloat64(n))
}

// value returns the sum, with what is counted in units.
func (s *bigSum) value(units *sum) float64 {
	if s.other != 0 { // true of what is no number, too
		return s.other
	}
	all := new(big.Float).SetPrec(exactBits).SetInt64(int64(units.high))
	all.Add(all, new(big.Float).SetMantExp(new(big.Float).SetUint64(units.low), -64))
	all.Add(all, s.finite)
	n, _ := all.Float64()
	return n
}
