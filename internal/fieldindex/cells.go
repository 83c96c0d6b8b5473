package fieldindex

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Indexes of points. A document has an entry for each cell of the earth in which one of its points is. The key of the
// entry has the number of the cell, u64, where others have values. A document without points has no entry.

// cellSize is the size of a cell in a key, in bytes.
const cellSize = 8

// linked returns why nobody can make the entries of an index, nil if somebody can.
func (d *Definition) linked() (err error) {
	switch d.Kind {
	case Text:
		_, err = filter.Split(d.Analyzer)
	case Geo:
		_, err = filter.AppendCells(nil, []byte("null"))
	}
	if err != nil {
		return fmt.Errorf("field index %q of kind %s: %w", d.Name, d.Kind, err)
	}
	return nil
}

// points makes the entries in an index of points.
func (m *maker) points(d *Definition, slot int) (err error) {
	m.cells = m.cells[:0]
	for _, v := range m.values.Of(slot) {
		if m.cells, err = filter.AppendCells(m.cells, v); err != nil {
			return err
		}
	}
	slices.Sort(m.cells)
	m.cells = slices.Compact(m.cells)
	if len(m.cells) > MaxEntries {
		return &TooManyError{d.Name, MaxEntries}
	}
	for _, cell := range m.cells {
		m.made = d.appendID(binary.BigEndian.AppendUint64(appendPrefix(m.made, d.Number), cell), m.id)
		m.ends = append(m.ends, end{len(m.made), len(m.made), false})
	}
	return nil
}

// CellSpan returns the span of the entries in a range of cells.
func (d *Definition) CellSpan(r filter.CellRange) sortkey.Span {
	last := binary.BigEndian.AppendUint64(d.Prefix(), r.Last)
	return sortkey.Span{From: binary.BigEndian.AppendUint64(d.Prefix(), r.First), To: sortkey.After(last)}
}
