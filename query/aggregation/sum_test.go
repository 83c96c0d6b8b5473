package aggregation

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// exactSum is the naive definition: with as many bits as it takes, rounded once.
func exactSum(numbers []float64) float64 {
	all := new(big.Float).SetPrec(4000)
	for _, n := range numbers {
		all.Add(all, new(big.Float).SetPrec(4000).SetFloat64(n))
	}
	n, _ := all.Float64()
	return n
}

// kindsOfNumbers are numbers whose sums round in different ways.
var kindsOfNumbers = map[string]func(r *rand.Rand) float64{
	"prices":  func(r *rand.Rand) float64 { return float64(r.IntN(100_000)) / 100 },
	"signs":   func(r *rand.Rand) float64 { return float64(r.IntN(2000)-1000) / 10 },
	"any":     func(r *rand.Rand) float64 { return finiteBits(r.Uint64()) },
	"cancel":  func(r *rand.Rand) float64 { return math.Ldexp(float64(r.IntN(3)-1), 60*r.IntN(30)-900) },
	"large":   func(r *rand.Rand) float64 { return math.Ldexp(r.Float64()-0.5, 1000+r.IntN(25)) },
	"nothing": func(r *rand.Rand) float64 { return math.Copysign(0, r.Float64()-0.5) },
	"units":   func(r *rand.Rand) float64 { return math.Ldexp(float64(r.Int64N(1<<53)), -64+r.IntN(66)) },
	"halves":  func(r *rand.Rand) float64 { return math.Ldexp(1, -53*r.IntN(4)) },
}

// finiteBits returns a number of any size.
func finiteBits(bits uint64) float64 {
	if n := math.Float64frombits(bits); !math.IsInf(n, 0) && !math.IsNaN(n) {
		return n
	}
	return 1
}

// Sums are those of arithmetic, rounded once, in whatever order the numbers come.
func TestSum(t *testing.T) {
	for name, next := range kindsOfNumbers {
		r := rand.New(rand.NewPCG(1, 1))
		for range 500 {
			numbers := make([]float64, 1+r.IntN(60))
			for i := range numbers {
				numbers[i] = next(r)
			}
			want := exactSum(numbers)
			for range 3 {
				r.Shuffle(len(numbers), func(i, j int) { numbers[i], numbers[j] = numbers[j], numbers[i] })
				var s sum
				for _, n := range numbers {
					s.add(n)
				}
				if got := s.value(); got != want {
					t.Fatalf("%s: the sum of %v is %v, want %v", name, numbers, got, want)
				}
			}
		}
	}
}

// What is no finite number makes the sum as IEEE 754 has it.
func TestSumNotFinite(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		numbers []float64
		want    float64
	}{
		{[]float64{1, inf, 2}, inf}, {[]float64{-inf, 1e300}, -inf}, {[]float64{inf, -inf, 1}, nan}, {[]float64{nan, 1}, nan},
		{[]float64{math.MaxFloat64, math.MaxFloat64}, inf}, {[]float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}, math.MaxFloat64},
	} {
		var s sum
		for _, n := range c.numbers {
			s.add(n)
		}
		if got := s.value(); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("the sum of %v is %v, want %v", c.numbers, got, c.want)
		}
	}
}

// So many numbers that no counter has room for them are added up all the same.
func TestSumOfMany(t *testing.T) {
	var s sum
	for range 5000 {
		s.add(1<<52 - 0.5)
	}
	if got, want := s.value(), exactSum(slices.Repeat([]float64{1<<52 - 0.5}, 5000)); got != want || s.rest == nil {
		t.Errorf("the sum is %v, want %v", got, want)
	}
}

func BenchmarkSum(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	numbers := make([]float64, 1024)
	for i := range numbers {
		numbers[i] = kindsOfNumbers["prices"](r)
	}
	b.ReportAllocs()
	var s sum
	for i := 0; b.Loop(); i++ {
		s.add(numbers[i%len(numbers)])
	}
}

// Short numbers are what strconv makes of them, to the bit.
func TestShortNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	short := 0
	for range 100_000 {
		v := strconv.FormatInt(r.Int64N(1<<(1+r.IntN(62))), 10)
		if r.IntN(2) == 0 {
			v += "." + strconv.FormatInt(r.Int64N(1<<(1+r.IntN(40))), 10)
		}
		v = []string{"", "-"}[r.IntN(2)] + v + []string{"", "", "", "e3"}[r.IntN(4)]
		got, ok := shortNumber([]byte(v))
		want, err := strconv.ParseFloat(v, 64)
		if err != nil || ok && math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("%s is %v, want %v", v, got, want)
		}
		if ok {
			short++
		}
	}
	if short < 10_000 {
		t.Errorf("only %d numbers were short", short)
	}
}
