package sortkey

import (
	"bytes"
	"math/rand/v2"
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
