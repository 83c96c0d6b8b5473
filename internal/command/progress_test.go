package command

import (
	"bytes"
	"strings"
	"testing"
	"time"
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

// TestClock says what is being done, where the time is, and nothing more at the end.
func TestClock(t *testing.T) {
	var out bytes.Buffer
	c := &clock{progress{newClockBar(&out, time.Hour, 0)}, time.Now().Add(-30 * time.Minute), time.Hour}
	c.step("round 1 of 5")
	if shown := out.String(); !strings.Contains(shown, "50%") || !strings.Contains(shown, "round 1 of 5") {
		t.Errorf("it shows %q", shown)
	}
	c.begun = c.begun.Add(-time.Hour) // it takes longer than was thought
	c.step("round 5 of 5")
	if shown := out.String(); !strings.Contains(shown, "round 5 of 5") || strings.Contains(shown, "100%") {
		t.Errorf("it shows %q", shown)
	}
	c.end()
	if shown := out.String(); !strings.HasSuffix(shown, "\r") {
		t.Errorf("the last of %q is left on the line", shown)
	}
	if none := newClock(new(bytes.Buffer), time.Second); none != nil {
		t.Error("there is a bar without a terminal")
	} else {
		none.step("nothing")
		none.end()
	}
}
