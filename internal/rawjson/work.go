package rawjson

import "bytes"

// spent counts the bytes that functions of this package look at, for tests that hold calls to a bound: a path that is
// quadratic shows in bytes long before it shows in time. It is nil unless such a test runs.
var spent *int

// Work returns how many bytes the functions of this package look at while fn runs. It is for tests, in which nothing
// else uses this package at the same time.
func Work(fn func()) int {
	n := 0
	spent = &n
	defer func() { spent = nil }()
	fn()
	return n
}

func look(n int) {
	if spent != nil {
		*spent += n
	}
}

// same is bytes.Equal, counted.
func same(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	look(len(a))
	return bytes.Equal(a, b)
}
