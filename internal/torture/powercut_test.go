package main

import (
	"strings"
	"testing"
)

// A long run that never cut during something does not pass.
func TestPowercutsMustBeAwake(t *testing.T) {
	figures := map[string]int{}
	p := &powercutter{tr: &trial{done: awakeAfter, figures: figures}}
	for range 100 {
		err := p.awake()
		if err == nil {
			break
		}
		_, what, _ := strings.Cut(err.Error(), "there were no ")
		figures[what] = 1
	}
	for _, during := range duringAll {
		if figures["images cut during "+during] == 0 {
			t.Errorf("nobody asks for cuts during %s", during)
		}
	}
	if p.awake() != nil || figures["workers killed"] == 0 {
		t.Errorf("a run that did it all does not pass, or one without kills does: %v", figures)
	}
}

// What a call has lost, or a collection that came back, is noticed; a call that was under way may be there or not.
func TestHearsayNotices(t *testing.T) {
	a, b, next := tag{1, 0, 1}, tag{2, 0, 1}, tag{2, 0, 2}
	heard := []string{"round 1", "call 0 1 3 5\n", "round 2", "call 0 1 2 7\n", "drop 1 1\n"}
	first, second := committed{a, 3, 5}, committed{b, 2, 7}
	for _, tt := range []struct {
		name  string
		calls []committed
		drops int
		want  string
	}{
		{"all", []committed{first, second}, 1, ""},
		{"one under way", []committed{first, second, {next, 1, 8}}, 1, ""},
		{"of the first round", []committed{second}, 1, "lost: call 1.0.1"},
		{"of the second", []committed{first}, 1, "lost: call 2.0.1"},
		{"a drop", []committed{first, second}, 0, "lost: 1 collections"},
		{"a round too many", []committed{first, second, {tag{4, 0, 1}, 1, 8}}, 1, "which had not begun"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, err := hearBefore(film{Before: heard})
			if err == nil {
				err = h.compare(tt.calls, tt.drops, &trial{figures: map[string]int{}})
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
