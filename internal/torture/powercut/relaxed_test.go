package powercut

import (
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/torture/crashfs"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// What Relaxed may lose is lost by a power cut before the next worker has opened the store, and at no other time.
func TestHearsayOfRelaxed(t *testing.T) {
	first := oracle.Committed{Tag: oracle.Tag{Round: 3, Caller: 0, N: 1}, Changes: 3, Last: 5}
	third := oracle.Committed{Tag: oracle.Tag{Round: 3, Caller: 0, N: 3}, Changes: 1, Last: 7}
	heard := []string{"round 3\n", "call 0 1 3 5\n", "drop 0 2\n", "call 0 3 1 7\n"}
	opened := []string{"round 4\n", "doing open\n", "done open\n"}
	for _, tt := range []struct {
		name  string
		heard []string
		calls []oracle.Committed
		drops int
		want  string
	}{
		{"nothing is there", heard, nil, 0, ""},
		{"the first", heard, []oracle.Committed{first}, 0, ""},
		{"the first and the drop", heard, []oracle.Committed{first}, 1, ""},
		{"all", heard, []oracle.Committed{first, third}, 1, ""},
		{"all but the drop", heard, []oracle.Committed{first, third}, 0, "lost: 1 collections"},
		{"the next has opened it", slices.Concat(heard, opened), []oracle.Committed{first}, 1, "lost: call 3.0.3"},
		{"the next has opened what is left", slices.Concat(heard, []string{cutMark}, opened),
			[]oracle.Committed{first}, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, err := hearBefore(film{Before: tt.heard})
			if err == nil {
				err = h.compare(tt.calls, tt.drops, &harness.Trial{Figures: map[string]int{}})
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// A worker that waits is answered once the log has nothing that is not synced.
func TestSyncWatch(t *testing.T) {
	const log = 7
	record := crashfs.Op{Kind: crashfs.Write, File: log, Offset: 8192, Data: []byte("record")}
	another := record
	another.File = log + 1
	wait := crashfs.Op{Kind: crashfs.Mark, Name: waitMark + "\n"}
	for _, tt := range []struct {
		name string
		ops  []crashfs.Op
		want int
	}{
		{"nothing was written", []crashfs.Op{wait}, 1},
		{"not synced", []crashfs.Op{record, wait}, 0},
		{"synced before", []crashfs.Op{record, {Kind: crashfs.DataSync, File: log}, wait}, 1},
		{"synced after", []crashfs.Op{record, wait, {Kind: crashfs.DataSync, File: log}}, 1},
		{"another file is synced", []crashfs.Op{record, wait, {Kind: crashfs.Sync, File: log + 1}}, 0},
		{"twice", []crashfs.Op{wait, record, {Kind: crashfs.Sync, File: log}, wait}, 2},
		{"the header is not", []crashfs.Op{{Kind: crashfs.Write, File: log, Data: []byte("header")}, wait}, 1},
		{"in another file of the log", []crashfs.Op{
			{Kind: crashfs.Create, File: log + 1, Name: oracle.StoreName + "-log1"}, another, wait,
		}, 0},
		{"in a file that is no log", []crashfs.Op{{Kind: crashfs.Create, File: log + 1, Name: "copy"}, another, wait}, 1},
		{"in a removed one", []crashfs.Op{
			record, {Kind: crashfs.Unlink, File: log, Name: oracle.StoreName + "-log0"}, wait,
		}, 1},
	} {
		w, answers := newSyncWatch(map[string]int{oracle.StoreName + "-log0": log}), 0
		for _, op := range tt.ops {
			w.see(op, func() { answers++ }, func() {})
		}
		if w.stop(); answers != tt.want {
			t.Errorf("%s: %d answers, want %d", tt.name, answers, tt.want)
		}
	}
}
