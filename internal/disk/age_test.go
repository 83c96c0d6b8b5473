package disk

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// A writer freezes the active generation and waits for the checkpoint while the checkpointer waits for the writer's
// turn, to see how old the generation is. Both waited for ever: a harness found that after some thousand checkpoints.
func TestFreezeWhileAgeIsLookedAt(t *testing.T) {
	e := open(t, newPath(t), func(o *Options) { o.CheckpointAge = 4 * time.Millisecond }) // which is looked at every millisecond
	for n := range 20 {
		put(t, e, fmt.Sprint(n), "v")
		<-e.turn
		for begun := time.Now(); time.Since(begun) < 3*time.Millisecond; { // until the checkpointer wants the turn, too
			runtime.Gosched()
		}
		if !e.active.begun.IsZero() && !e.isFrozen() {
			ok(t, e.freeze(false))
		}
		within(t, "a checkpoint that whoever has the turn waits for", func() {
			for {
				progress := e.progress.wait()
				if !e.isFrozen() {
					return
				}
				<-progress
			}
		})
		e.turn <- struct{}{}
	}
}
