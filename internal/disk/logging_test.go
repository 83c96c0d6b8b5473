package disk

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// recorder takes what a logger is told.
type recorder struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(b)
}

func (r *recorder) option(o *Options) {
	o.Logger = slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// told says how often a message was recorded.
func (r *recorder) told(message string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Count(r.buf.String(), message)
}

func TestLogger(t *testing.T) {
	r := &recorder{}
	e := open(t, newPath(t), r.option)
	ok(t, writeBatch(e, large("gone", 2)))
	ok(t, e.checkpointNow())
	put(t, e, "k", "1")
	e = open(t, copyAsKilled(t, e), r.option)
	ok(t, e.checkpointNow())
	_, _, err := e.Compact(ctx, nil)
	ok(t, err)
	e.logSync(slowSync - 1)
	e.logSync(2 * time.Second)
	_ = e.fail(errors.New("of the test"))
	_ = e.fail(errors.New("again"))
	for message, want := range map[string]int{
		`level=INFO msg="store was not closed: its log was replayed"`: 1,
		`level=INFO msg=compacted`:                                    1,
		`level=WARN msg="slow sync of the log"`:                       1,
		`took=2s`:                                                     1,
		`level=ERROR msg="store takes no more writes"`:                1,
		`error="of the test"`:                                         1,
		`segments=1`:                                                  1,
		`path=` + e.path:                                              5,
	} {
		if got := r.told(message); got < want || want == 1 && got > 1 {
			t.Errorf("%s: told %d times, want %d\n%s", message, got, want, r.buf.String())
		}
	}
	if r.told("level=DEBUG msg=checkpoint") < 2 {
		t.Errorf("checkpoints are not told:\n%s", r.buf.String())
	}
}
