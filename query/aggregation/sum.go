package aggregation

import "math"

// sum adds numbers, and the errors of adding them as well (Kahan): 0.1 + 0.2 + 0.3 is 0.6.
type sum struct{ value, lost float64 }

func (s *sum) add(n float64) {
	if math.IsInf(n, 0) || math.IsNaN(n) || math.IsInf(s.value, 0) || math.IsNaN(s.value) {
		s.value += n
		return
	}
	corrected := n + s.lost
	updated := s.value + corrected
	s.lost = corrected - (updated - s.value)
	s.value = updated
}
