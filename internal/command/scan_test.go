package command

import "testing"

// slowString is what scanner.string has to do, byte by byte.
func slowString(s *scanner, b []byte) int {
	for i := range b {
		switch {
		case s.escaped:
			s.escaped = false
		case b[i] == '\\':
			s.escaped = true
		case b[i] == '"':
			s.text = false
			return i + 1
		}
	}
	return len(b)
}

// TestScanString compares all short texts, whether they begin behind a backslash or not.
func TestScanString(t *testing.T) {
	texts := []string{""}
	for i := 0; len(texts[i]) < 8; i++ {
		for _, c := range []string{"x", `"`, `\`} {
			texts = append(texts, texts[i]+c)
		}
	}
	for _, text := range texts {
		for _, escaped := range []bool{false, true} {
			got, want := scanner{text: true, escaped: escaped}, scanner{text: true, escaped: escaped}
			n, m := got.string([]byte(text), 0), slowString(&want, []byte(text))
			if n != m || got != want {
				t.Fatalf("%q: %d, %+v, want %d, %+v", text, n, got, m, want)
			}
		}
	}
}

// TestKeysAllocateNothing is about millions of items: none costs an allocation for keys that are as they should be.
func TestKeysAllocateNothing(t *testing.T) {
	var k ignoredKeys
	b := new(batch)
	b.add([]byte(`{"_id":"a","changes":{"x":{"version":1}},"default":{},"ifVersion":1,"ifAbsent":true}`), place{line: 1})
	if n := testing.AllocsPerRun(100, func() { k.find(b) }); n > 0 || len(b.odd) > 0 {
		t.Errorf("%v allocations, odd keys %v", n, b.odd)
	}
}
