package command

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// TestQueryLimits has what the flags mean to the library, where 0 and -1 mean other things.
func TestQueryLimits(t *testing.T) {
	for limits, want := range map[queryLimits]kuzzlite.FindOptions{
		{time.Second, 5}: {Timeout: time.Second, MaxScan: 5},
		{0, -1}:          {Timeout: -1, MaxScan: -1},
	} {
		var o kuzzlite.FindOptions
		if err := limits.apply(&o); err != nil || !reflect.DeepEqual(o, want) {
			t.Errorf("%+v: %+v, %v, want %+v", limits, o, err, want)
		}
	}
	for _, limits := range []queryLimits{{-1, 1}, {1, 0}, {1, -2}} {
		if err := limits.apply(&kuzzlite.FindOptions{}); err == nil {
			t.Errorf("%+v is taken", limits)
		}
	}
}

// TestQueryErrorsOnTerminal: what a query has in it moves no cursor of a terminal, and a mark stands where it should.
func TestQueryErrorsOnTerminal(t *testing.T) {
	db := cartsIn(t, 1)
	code, _, errs := command(t, "", "find", "--db", db, "i", "c", "n =\t\x1b[2J")
	lines := strings.Split(errs, "\n")
	if code != exitUsage || strings.ContainsAny(errs, "\x1b\t") || len(lines) < 3 || lines[1] != "  n = \uFFFD[2J" ||
		!strings.HasPrefix(lines[2], "      ^") {
		t.Errorf("exit code %d, and it said\n%q", code, errs)
	}
}
