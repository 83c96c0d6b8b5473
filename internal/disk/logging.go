package disk

import (
	"context"
	"log/slog"
	"time"
)

// What Options.Logger is told. It is called by goroutines of the engine, now and then with a lock held: so it must not
// call the engine.

// slowSync is how long a sync of the log takes of which the logger is told.
const slowSync = time.Second

func (o *Options) log(level slog.Level, message string, args ...any) {
	if o.Logger != nil {
		o.Logger.Log(context.Background(), level, message, args...)
	}
}

// logRecovery tells that the log had something that the file lacked.
func (e *Engine) logRecovery(g *generation) {
	e.opts.log(slog.LevelInfo, "store was not closed: its log was replayed", "path", e.path, "segments", len(g.logs),
		"bytes", g.logBytes, "took", e.counters.recovery)
}

func (e *Engine) logCheckpoint(g *generation, begun time.Time) {
	e.opts.log(slog.LevelDebug, "checkpoint", "path", e.path, "generation", g.number, "bytes", g.logBytes,
		"took", time.Since(begun))
}

func (e *Engine) logStuck(err error) {
	e.opts.log(slog.LevelWarn, "checkpoint waits for room on the disk", "path", e.path, "error", err)
}

func (e *Engine) logFailure(cause error) {
	e.opts.log(slog.LevelError, "store takes no more writes", "path", e.path, "error", cause)
}

func (e *Engine) logCompaction(before, after int64, begun time.Time) {
	e.opts.log(slog.LevelInfo, "compacted", "path", e.path, "before", before, "after", after, "took", time.Since(begun))
}

// logSync tells of a sync that took long.
func (e *Engine) logSync(took time.Duration) {
	if took >= slowSync {
		e.opts.log(slog.LevelWarn, "slow sync of the log", "path", e.path, "took", took)
	}
}
