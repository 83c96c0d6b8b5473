package main

// maker makes the items of a call in memory that it uses again for the next.
type maker struct {
	raw   bool
	shape shape
	list  []item
	buf   []buffers // for each item
}

type buffers struct{ key, changes, doc []byte }

func newMaker(raw bool, s shape) *maker { return &maker{raw: raw, shape: s} }

func (m *maker) reset()        { m.list = m.list[:0] }
func (m *maker) items() []item { return m.list }

func (m *maker) update(doc int, seed uint64) {
	n := m.identify(doc)
	if m.raw {
		m.value(n, doc, seed)
		return
	}
	m.buf[n].changes = m.shape.appendChanges(m.buf[n].changes[:0], seed)
	m.list[n].changes = m.buf[n].changes
}

func (m *maker) creation(doc int, seed uint64) {
	n := m.identify(doc)
	if m.raw {
		m.value(n, doc, seed)
		return
	}
	m.buf[n].changes = m.shape.appendDocument(m.buf[n].changes[:0], doc, seed)
	m.list[n].changes = m.buf[n].changes
}

// value sets what a raw contender stores: a header as long as Kuzzlite's, and the document.
func (m *maker) value(n, doc int, seed uint64) {
	var header [recordHeader]byte
	m.buf[n].doc = append(m.buf[n].doc[:0], header[:]...)
	m.buf[n].doc = m.shape.appendDocument(m.buf[n].doc, doc, seed)
	m.list[n].doc = m.buf[n].doc
}

func (m *maker) identify(doc int) (n int) {
	n = len(m.list)
	if len(m.buf) <= n {
		m.buf = append(m.buf, buffers{})
	}
	b := &m.buf[n]
	b.key = appendID(b.key[:0], doc)
	m.list = append(m.list, item{id: string(b.key), key: b.key})
	return n
}
