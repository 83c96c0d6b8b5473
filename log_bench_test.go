package kuzzlite

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/wal"
)

// BenchmarkRecovery opens a store of 100,000 documents of 300 B that was not closed, with a log that is full: all of it, and
// how long the log alone took. The rest is bbolt, which reads the file through.
func BenchmarkRecovery(b *testing.B) {
	for _, docs := range []int{1, 200} {
		b.Run(fmt.Sprintf("docs=%d", docs), func(b *testing.B) {
			f := newDiskFixture(b, &Options{Durability: Relaxed})
			c := f.s.Collection("i", "c")
			r := rand.New(rand.NewPCG(1, 2))
			write := func(ids func(n int) int, n int) {
				items := make([]Upsert, n)
				for i := range items {
					items[i] = Upsert{ID: fmt.Sprint(ids(i)), Changes: raw(fmt.Sprintf(`{"v":%d,"pad":"%0280d"}`, r.Uint32(), i))}
				}
				_, err := c.MUpsert(ctx, items, nil)
				f.ok(err)
			}
			for n := range 100 {
				write(func(i int) int { return 1000*n + i }, 1000)
			}
			f.checkpoint()
			for a := f.log(); a.commits < checkpointCommits-1 && a.log.Size() < wal.Limit-1<<20 && a.grown < checkpointGrowth-1<<20; {
				write(func(int) int { return r.IntN(100_000) }, docs)
			}
			size := f.log().log.Size()
			var log float64
			for b.Loop() {
				b.StopTimer()
				g := &fixture{subject: f.subject, t: b, path: f.crashed(), opts: f.opts}
				b.StartTimer()
				g.s = g.reopened(nil)
				b.StopTimer()
				log += g.s.engine.Load().recovery.Seconds()
				f.ok(g.s.Close())
				b.StartTimer()
			}
			b.ReportMetric(log/float64(b.N)*1e3, "log-ms/op")
			b.ReportMetric(float64(size)/(1<<20), "log-MiB")
		})
	}
}
