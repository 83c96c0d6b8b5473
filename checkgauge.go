package kuzzlite

import "github.com/kuzzlite/kuzzlite/internal/kv"

// gauge is how far Check has come, for whoever watches.
type gauge struct {
	walk, scan kv.Meter // of the pages of the file, and of what is in them
	above      int64    // bytes of the store that are in memory, and not in its file
	seen, all  int64    // bytes of keys and values
}

// gaugeFor makes one meter of the two looks that Check takes. It asks the engine to describe itself, for which nobody
// may have a view.
func gaugeFor(e kv.Engine, m kv.Meter) gauge {
	_, verifies := e.(verifier)
	d, describes := e.(describer)
	if m == nil || !verifies || !describes {
		return gauge{scan: m}
	}
	st := d.Describe()
	g := gauge{above: st.OverlayBytes + st.FrozenBytes}
	used := st.FileSize - st.FreeBytes
	walk := used / 8 // which is less work than to read what is in the pages, see docs/design.md
	total := walk + used + g.above
	g.walk, g.scan = m.Part(0, walk, total), m.Part(walk, total, total)
	return g
}

// saw counts a key and its value.
func (g *gauge) saw(key, value []byte) {
	g.seen += int64(len(key) + len(value))
	g.scan.Tell(g.seen, g.all)
}
