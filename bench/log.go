package main

import "fmt"

// logWorkloads ask what the write-ahead log brings.
func logWorkloads(p plan) (list []workload) {
	for _, size := range []int{sizeSmall, sizeLarge} {
		for _, b := range logBars {
			list = append(list, logWorkload(p, size, b))
		}
	}
	relaxed := base(p, "relaxed200", "What does a write cost that is synced later?", "kuzzlite", "kuzzlite-relaxed", "bbolt-nosync")
	relaxed.setup = fmt.Sprintf("As batch200, synced once a second, or by bbolt never; documents of %d B.", sizeLarge)
	relaxed.batch, relaxed.target = min(200, p.Documents/2), p.Sweep
	relaxed.bars = []bar{{of: "kuzzlite-relaxed", against: []string{"bbolt-nosync"}, by: byRate, atLeast: 0.9}}
	skew := base(p, "skewed", "How much is written to the disk, if few documents have most of the updates?",
		"kuzzlite", "kuzzlite-nolog", "modernc", "mattn", "badger", "pebble")
	skew.setup = fmt.Sprintf("One caller; each call updates 20 documents of %d B among %d, four in five of them from a fifth "+
		"of the documents.", sizeLarge, p.Documents)
	skew.batch, skew.skewed = min(20, p.Documents/10), true
	skew.shown = byWritten
	skew.bars = []bar{{against: []string{"kuzzlite-nolog"}, by: byWritten, atMost: 0.6}}
	return append(list, relaxed, skew)
}

// logBar is what the log must reach in batches of a size: against SQLite, and against bbolt's own commits.
type logBar struct {
	batch          int
	modernc, plain float64
}

var logBars = []logBar{{1, 1.05, 1.6}, {20, 1.2, 0}, {200, 1.5, 1.6}, {1000, 1.6, 0}}

func logWorkload(p plan, size int, l logBar) workload {
	w := base(p, fmt.Sprintf("log%d-%d", size, l.batch),
		fmt.Sprintf("What does the log bring to durable calls of %d documents of %d B?", l.batch, size),
		"kuzzlite", "kuzzlite-nolog", "modernc", "mattn")
	w.shape, w.batch, w.target = shape{size, 4}, min(l.batch, p.Documents/10), p.Sweep
	w.setup = fmt.Sprintf("One caller; each call updates %d random documents of %d B among %d, 4 leaves each.",
		w.batch, size, p.Documents)
	w.bars = []bar{
		{against: []string{"modernc"}, by: byRate, atLeast: l.modernc},
		{against: []string{"mattn"}, by: byRate, atLeast: 1},
		{against: []string{"kuzzlite-nolog"}, by: byRate, atLeast: l.plain},
	}
	if l.batch == 1 {
		w.bars = append(w.bars, bar{against: []string{"kuzzlite-nolog"}, by: byP999, atMost: 2})
	}
	return w
}
