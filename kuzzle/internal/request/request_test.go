package request

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// manyArguments returns an object with so many arguments.
func manyArguments(n int) []byte {
	text := []byte(`{"controller":"c"`)
	for i := range n {
		text = fmt.Appendf(text, `,"a%d":%d`, i, i)
	}
	return append(text, '}')
}

// Few arguments, and many, are found by their names, and are replaced.
func TestArguments(t *testing.T) {
	for _, n := range []int{0, 1, mostScanned - 1, mostScanned, mostScanned + 1, 10 * mostScanned} {
		r, wrong := Parse(manyArguments(n), WebSocket)
		if wrong != nil {
			t.Fatal(wrong)
		}
		r.SetArg("more", json.RawMessage("1"))
		r.SetArg("more", json.RawMessage("2"))
		if value, ok := r.Arg("more"); !ok || string(value) != "2" {
			t.Errorf("of %d arguments, the one that was replaced is %s", n, value)
		}
		for i := range n {
			name := fmt.Sprint("a", i)
			if value, ok := r.Arg(name); !ok || string(value) != fmt.Sprint(i) {
				t.Errorf("of %d arguments, %s is %s", n, name, value)
			}
		}
		if _, ok := r.Arg("none"); ok || len(r.args) != n+1 {
			t.Errorf("of %d arguments there are %d, and none: %t", n, len(r.args), ok)
		}
	}
}

// A request of a megabyte with 80,000 arguments took eleven seconds.
func TestVeryManyArguments(t *testing.T) {
	began := time.Now()
	if _, wrong := Parse(manyArguments(80_000), WebSocket); wrong != nil {
		t.Fatal(wrong)
	}
	if d := time.Since(began); d > 3*time.Second {
		t.Errorf("80,000 arguments take %v", d)
	}
}
