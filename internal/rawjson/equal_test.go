package rawjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestEqual(t *testing.T) {
	nines, zeros := strings.Repeat("9", 400), strings.Repeat("0", 400)
	tests := []struct {
		a, b string
		want bool
	}{
		{`null`, `null`, true},
		{`null`, `false`, false},
		{`true`, `false`, false},
		{`0`, `false`, false},
		{`"1"`, `1`, false},
		{`{}`, `[]`, false},
		{`{}`, `null`, false},
		{`""`, `null`, false},

		{`"a"`, `"\u0061"`, true},
		{`"\/"`, `"/"`, true},
		{`"\u00E9"`, `"\u00e9"`, true},
		{`"\ud83d\ude00"`, `"😀"`, true},
		{`"\ud800"`, `"\uD800"`, true},
		{`"\ud800"`, `"\ud801"`, false},
		{`"\ud800"`, `"\ufffd"`, false},
		{`"a"`, `"b"`, false},
		{`"a\n"`, `"a"`, false},

		{`[]`, `[ ]`, true},
		{`[1,2]`, `[1, 2 ]`, true},
		{`[1,2]`, `[2,1]`, false},
		{`[1,2]`, `[1]`, false},
		{`[1]`, `[1,2]`, false},
		{`[]`, `[1]`, false},
		{`[[1]]`, `[[2]]`, false},

		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, true},
		{`{"a":1,"b":2}`, ` { "b" : 2 , "a" : 1 } `, true},
		{`{"a":1,"b":2,"c":3}`, `{"a":1,"c":3,"b":2}`, true},
		{`{"a":1,"b":2}`, `{"a":1}`, false},
		{`{"a":1}`, `{"a":1,"b":2}`, false},
		{`{"b":2,"a":1}`, `{"a":1}`, false},
		{`{"b":2,"a":1}`, `{"a":1,"c":2}`, false},
		{`{"b":2,"a":1}`, `{"a":1,"b":3}`, false},
		{`{"a":1}`, `{"b":1}`, false},
		{`{"\u0061":1,"b":{"c":[1.0]}}`, `{"b":{"c":[1.00]},"a":1}`, true},
		{`{"a":null}`, `{}`, false},
		{`{"a":{"x":1,"y":{"p":1,"q":2}},"b":0}`, `{"b":0,"a":{"y":{"q":2,"p":1},"x":1}}`, true},
		{`[{"a":1,"b":2},3]`, `[{"b":2,"a":1},4]`, false},

		{`1`, `1`, true},
		{`1`, `2`, false},
		{`1`, `-1`, false},
		{`1`, `1.0`, false},
		{`1.0`, `1.00`, true},
		{`1.0`, `10e-1`, true},
		{`1e1`, `10`, false},
		{`1e1`, `10.0`, true},
		{`1E+2`, `1e2`, true},
		{`100`, `10`, false},
		{`9007199254740993`, `9007199254740992`, false},
		{`-0`, `0`, true},
		{`-0.0`, `0e5`, true},
		{`0`, `0.0`, false},
		{`0e99999999999999999999`, `0.0`, true},
		{`-1.5`, `1.5`, false},
		{`0.001`, `1e-3`, true},
		{`0.001`, `1e-2`, false},
		{`12.34`, `1.234e1`, true},
		{`123.4`, `1234e-1`, true},
		{`1200e-2`, `12.0`, true},
		{`0.012e3`, `12.0`, true},
		{`1.01`, `1.1`, false},
		{`1.0e00005`, `1e5`, true},
		{`1e999999999999`, `10e999999999998`, true},
		{`1e999999999999`, `1e999999999998`, false},
		{`1e1000000000000000000000000`, `10e999999999999999999999999`, true},
		{`1e1000000000000000000000000`, `100e999999999999999999999999`, false},
		{`1e-1000000000000000000000000`, `0.1e-999999999999999999999999`, true},
		{`1e1000000000000000000000000`, `1e-1000000000000000000000000`, false},
		{`1e1` + zeros, `10e` + nines, true},
		{`1e1` + zeros, `1e` + nines, false},
		{`1e-1` + zeros, `0.1e-` + nines, true},
		{`1e3`, `10000e-1`, true},
		{`1e-1`, `0.00001e4`, true},
		{`1.5e3`, `1500.0`, true},
		{`1` + zeros + `.0`, `1e400`, true},
		{`0.` + zeros + `1`, `1e-401`, true},
	}
	for _, tt := range tests {
		if Equal([]byte(tt.a), []byte(tt.b)) != tt.want || Equal([]byte(tt.b), []byte(tt.a)) != tt.want {
			t.Errorf("%.50s and %.50s: want %v", tt.a, tt.b, tt.want)
		}
	}
}

// Objects whose keys come in another order take linear time.
func TestEqualManyKeys(t *testing.T) {
	for _, n := range []int{15, 16, 17, 18, 40, 50_000} {
		members := make([]string, n)
		for i := range members {
			members[i] = fmt.Sprintf(`"key\n%d":{"a":%d,"b":[]}`, i, i)
		}
		object := func() []byte {
			return []byte("{" + strings.Join(members, ",") + "}")
		}
		a := object()
		rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { members[i], members[j] = members[j], members[i] })
		b := object()
		start := time.Now()
		if !Equal(a, b) {
			t.Errorf("%d keys: not equal", n)
		}
		c := bytes.Replace(b, []byte(`"a":7,`), []byte(`"a":8,`), 1)
		d := bytes.Replace(b, []byte(`key\n7"`), []byte(`key\n7x"`), 1)
		if Equal(a, c) || Equal(a, d) || Equal(c, a) || Equal(d, a) {
			t.Errorf("%d keys: a difference goes unseen", n)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%d keys: %v", n, took)
		}
	}
}

// Integers are compared by value, floats by value, in all ways of writing them.
func TestEqualNumbersRapid(t *testing.T) {
	number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,4})?([eE][+-]?0?[0-9])?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		if got, want := Equal([]byte(a), []byte(b)), naiveEqualNumbers(a, b); got != want {
			t.Fatalf("Equal(%s, %s) = %v", a, b, got)
		}
		// Moving the point gives the same number.
		if strings.ContainsAny(a, "eE") {
			return
		}
		k := rapid.IntRange(0, 30).Draw(t, "k")
		moved := fmt.Sprintf("%se-%d", strings.Replace(a, ".", "", 1)+strings.Repeat("0", k), k+len(a+".")-1-strings.IndexByte(a+".", '.')-strings.Count(a, "."))
		moved = regexp.MustCompile(`^(-?)0+([0-9])`).ReplaceAllString(moved, "$1$2")
		if strings.Contains(a, ".") && !Equal([]byte(a), []byte(moved)) {
			t.Fatalf("%s is not %s", a, moved)
		}
	})
}

var bigExponent = regexp.MustCompile(`[eE][+-]?0*[1-9][0-9]{3}`)

func FuzzEqual(f *testing.F) {
	for _, s := range []string{
		`{"a":1,"b":[1.0,{"c":"\u0061"}]}`, `{"b":[1.00,{"c":"a"}],"a":1}`, `1e5`, `100000.0`, `-0`, `0`, `"\ud800"`, `[[],{}]`, `[1 , 2]`, `0.0012e-3`,
	} {
		f.Add([]byte(s), []byte(s))
		f.Add([]byte(s), []byte(`{"a":1}`))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		got := Equal(a, b)
		if _, err := Compact(a, 0); err != nil {
			return
		}
		if !Equal(a, bytes.Clone(a)) || !Equal(a, append([]byte(" "), a...)) {
			t.Fatalf("%q is not equal to itself", a)
		}
		var spaced bytes.Buffer
		if json.Indent(&spaced, a, " ", "\t"); !Equal(a, spaced.Bytes()) {
			t.Fatalf("%q is not equal to itself with whitespace", a)
		}
		if _, err := Compact(b, 0); err != nil || bigExponent.Match(a) || bigExponent.Match(b) {
			return
		}
		if want := naiveEqual(naive(a), naive(b)); got != want || Equal(b, a) != want {
			t.Fatalf("Equal(%q, %q) = %v", a, b, got)
		}
	})
}

func BenchmarkEqual(b *testing.B) {
	changed := bytes.Replace(document1K, []byte("1717000000000"), []byte("1717000000001"), 1)
	reordered := []byte(strings.Replace(string(document1K[:len(document1K)-1]), `"name":"Sensor 17",`, "", 1) + `,"name":"Sensor 17"}`)
	for _, bm := range []struct {
		name  string
		other []byte
	}{{"late-difference", changed}, {"reordered", reordered}} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Equal(document1K, bm.other)
			}
		})
		b.Run(bm.name+"/twin", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				naiveEqual(naive(document1K), naive(bm.other))
			}
		})
	}
}
