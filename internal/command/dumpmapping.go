package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
)

// Mappings in a dump. Load gives them to the collections before it writes the documents, which it takes as they were.

// mapping writes the line of a mapping in a dump.
func (d *dumpWriter) mapping(index, collection string, m *kuzzlite.Mapping) error {
	d.counts.Mappings++
	b := appendJSON(append(d.place(index, collection), `,"mapping":`...), m)
	return d.line(append(b, '}'))
}

// readDumpMapping reads the value of such a line. It is strict: what it ignored would be lost.
func readDumpMapping(value []byte) (m kuzzlite.Mapping, err error) {
	members, err := dumpMembers(value)
	if err != nil {
		return m, fmt.Errorf("mapping: %w", err)
	}
	m = kuzzlite.Mapping{Mappings: members["mappings"], Settings: members["settings"]}
	delete(members, "mappings")
	delete(members, "settings")
	if len(members) > 0 || m.Mappings == nil {
		return m, errors.New("mapping must have mappings, and may have settings, and nothing else")
	}
	return m, nil
}

// mapping gives a collection the mapping of a line.
func (l *dumpLoader) mapping(ctx context.Context, line *dumpLine) error {
	if err := l.mustBeKnown(line, "mapping"); err != nil || l.verifies() {
		return err
	}
	o := &kuzzlite.MappingOptions{Kuzzle: true} // whoever had it
	err := l.flush(ctx)
	if err == nil {
		err = l.store.Collection(line.index, line.collection).UpdateMapping(ctx, line.mapping, o)
	}
	if err == nil || errors.Is(err, kuzzlite.ErrInvalid) {
		return err
	}
	return l.app.explain(err)
}
