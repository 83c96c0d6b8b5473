package command

import (
	"bytes"
	"strings"
	"testing"
)

// TestProgress draws bars of a known size and of an unknown one, and takes them away.
func TestProgress(t *testing.T) {
	for size, want := range map[int64]string{1000: "50%", unknownSize: "500 B"} {
		var out bytes.Buffer
		p := &progress{newBar(&out, size, 0)}
		p.set(500)
		if shown := out.String(); !strings.Contains(shown, want) {
			t.Errorf("size %d: it shows %q, not %s", size, shown, want)
		}
		p.clear()
		if shown := out.String(); !strings.HasSuffix(shown, "\r") {
			t.Errorf("size %d: the last of %q is left on the line", size, shown)
		}
	}
	if newProgress(new(bytes.Buffer), unknownSize) != nil {
		t.Error("there is a bar without a terminal")
	}
}
