package sortkey

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

func TestAppendValue(t *testing.T) {
	for _, values := range ordered {
		for _, v := range values {
			key, _ := Append(nil, []byte(v))
			got, ok := AppendValue([]byte("x"), key)
			again, _ := Append(nil, got[1:])
			if !ok || !bytes.Equal(again, key) {
				t.Errorf("%s: its key has the value %s, with the key %x instead of %x", v, got, again, key)
			}
		}
	}
	for _, v := range []string{
		"0", "1", "-1", "10", "1200", "-12.5", "0.5", "0.001", "123456789012345678901234567890", "0.00000000000000000001",
		"100.01",
		"null", "true", "false", `""`, `"a"`, `"é"`, `"a\"b"`, `"a\\b"`, `"a\u0000b"`, `"😀"`,
	} {
		key, _ := Append(nil, []byte(v))
		if got, ok := AppendValue(nil, key); string(got) != v || !ok {
			t.Errorf("%s: its key has the value %s, %v", v, got, ok)
		}
	}
	long, _, _ := AppendCut(nil, []byte(`"`+strings.Repeat("a", 20)+`"`), 10)
	for _, key := range [][]byte{nil, AppendMissing(nil), long, {tagNegative}, {tagPositive, 0x81}, {tagString, 'a'}} {
		if got, ok := AppendValue([]byte("x"), key); ok || string(got) != "x" {
			t.Errorf("%x has the value %s", key, got)
		}
	}
}

// What is written plainly comes back as it was; what is not has the key all the same.
func TestPlain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	plain := 0
	for range 200_000 {
		v := randomNumber(r)
		key, _ := Append(nil, []byte(v))
		got, ok := AppendValue(nil, key)
		again, _ := Append(nil, got)
		if !ok || !bytes.Equal(again, key) || IsPlain([]byte(v)) != (string(got) == v) && len(v) <= 60 && IsPlain(got) {
			t.Fatalf("%s: its key has the value %s, plain %v", v, got, IsPlain([]byte(v)))
		}
		if IsPlain([]byte(v)) {
			plain++
		}
	}
	if plain < 1000 {
		t.Errorf("only %d numbers were plain", plain)
	}
}

// Of any bytes taken for a key nothing worse comes than a wrong value, and the value of a key has that key.
func FuzzAppendValue(f *testing.F) {
	for _, values := range ordered {
		key, _ := Append(nil, []byte(values[0]))
		f.Add(key, []byte(values[0]))
	}
	f.Fuzz(func(t *testing.T, b, doc []byte) {
		AppendValue(nil, b)
		if _, length := CutFloat(b); length > 0 && length != Len(b, false) {
			t.Errorf("%x: a number of %d bytes, in a key of %d", b, length, Len(b, false))
		}
		v, err := rawjson.Compact(doc, 0)
		if err != nil {
			return
		}
		key, ok := Append(nil, v)
		if !ok {
			return
		}
		got, ok := AppendValue(nil, key)
		if again, _ := Append(nil, got); !ok || !bytes.Equal(again, key) {
			t.Errorf("%s: its key has the value %s, %v", v, got, ok)
		}
		if v[0] == '-' || v[0] >= '0' && v[0] <= '9' {
			if IsPlain(v) && !bytes.Equal(got, v) {
				t.Errorf("%s is plain, and its key has %s", v, got)
			}
		}
	})
}

func BenchmarkAppendValue(b *testing.B) {
	key, _ := Append(nil, []byte("123.45"))
	var buf []byte
	for b.Loop() {
		buf, _ = AppendValue(buf[:0], key)
	}
}

// What CutFloat returns is what strconv.ParseFloat makes of the number, to the bit; of a short number it can tell.
func TestCutFloat(t *testing.T) {
	check := func(v string) (told bool) {
		t.Helper()
		key, _ := Append(nil, []byte(v))
		want, err := strconv.ParseFloat(v, 64)
		n, length := CutFloat(append(bytes.Clone(key), "behind"...))
		if length == 0 {
			return false
		}
		if want += 0; length != len(key) || err != nil || math.Float64bits(n) != math.Float64bits(want) { // -0 is 0 here
			t.Fatalf("%s: %v, of %d bytes; want %v, of %d bytes, %v", v, n, length, want, len(key), err)
		}
		return true
	}
	for _, v := range []string{
		"0", "1", "-1", "10", "-12.5", "0.1", "0.3", "123456789012345", "-1234567.8901234", "9007199254740992", "1e22",
		"5e-20",
	} {
		if !check(v) {
			t.Errorf("%s is not told", v)
		}
	}
	for _, v := range []string{
		"9007199254740993", "1e300", "1e400", "-1e-400", "12345678901234567", "1e64", "1e-65", `"1"`, "true",
	} {
		if check(v) {
			t.Errorf("%s is told", v)
		}
	}
	r := rand.New(rand.NewPCG(2, 9))
	for range 100_000 {
		check(randomNumber(r))
		check(fmt.Sprintf("%de%d", r.Int64N(1<<(1+r.IntN(62)))-1<<r.IntN(50), r.IntN(60)-30))
		check(strconv.FormatFloat(r.NormFloat64()*1e4, 'f', r.IntN(14), 64))
	}
	for _, b := range [][]byte{
		nil, {tagPositive}, {tagPositive, 0x81, 0}, {tagPositive, 0x81, 0, 0}, {tagPositive, 0x81, 11},
		{tagNegative, 0x7e, 0, 0}, {tagPositive, 0x81, 200, 0}, AppendMissing(nil),
	} {
		if n, length := CutFloat(b); length > 0 {
			t.Errorf("%x is the number %v", b, n)
		}
	}
}
