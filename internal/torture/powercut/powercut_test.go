package powercut

import (
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// A long run that never cut during something does not pass.
func TestMustBeAwake(t *testing.T) {
	figures := map[string]int{}
	p := &powercutter{tr: &harness.Trial{Done: awakeAfter, Figures: figures}}
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
	a, b := oracle.Tag{Round: 1, Caller: 0, N: 1}, oracle.Tag{Round: 2, Caller: 0, N: 1}
	next := oracle.Tag{Round: 2, Caller: 0, N: 2}
	strange := oracle.Committed{Tag: oracle.Tag{Round: 4, Caller: 0, N: 1}, Changes: 1, Last: 8}
	heard := []string{"round 1", "call 0 1 3 5\n", "round 2", "call 0 1 2 7\n", "drop 1 1\n"}
	first, second := oracle.Committed{Tag: a, Changes: 3, Last: 5}, oracle.Committed{Tag: b, Changes: 2, Last: 7}
	for _, tt := range []struct {
		name  string
		calls []oracle.Committed
		drops int
		want  string
	}{
		{"all", []oracle.Committed{first, second}, 1, ""},
		{"one under way", []oracle.Committed{first, second, {Tag: next, Changes: 1, Last: 8}}, 1, ""},
		{"of the first round", []oracle.Committed{second}, 1, "lost: call 1.0.1"},
		{"of the second", []oracle.Committed{first}, 1, "lost: call 2.0.1"},
		{"a drop", []oracle.Committed{first, second}, 0, "lost: 1 collections"},
		{"a round too many", []oracle.Committed{first, second, strange}, 1, "which had not begun"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, err := hearBefore(film{Before: heard})
			if err == nil {
				err = h.compare(tt.calls, tt.drops, &harness.Trial{Figures: map[string]int{}})
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
