package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kuzzlite/kuzzlite"
)

// Field indexes in a dump: their definitions. Load makes the entries again, while it writes the documents.

// fieldIndex writes the line of an index.
func (d *dumpWriter) fieldIndex(index, collection string, f *kuzzlite.FieldIndex) error {
	d.counts.FieldIndexes++
	b := appendJSON(append(d.place(index, collection), `,"fieldIndex":`...), f)
	return d.line(append(b, '}'))
}

// fieldIndexKeys are those of the value of such a line. All must be there; those of moreFieldIndexKeys may be.
var (
	fieldIndexKeys     = []string{"fields", "name", "sparse", "unique"}
	moreFieldIndexKeys = []string{"analyzer", "kind", "where"}
)

// readFieldIndex reads the value of such a line. It is strict: what it ignored would be lost.
func readFieldIndex(value []byte) (f kuzzlite.FieldIndex, err error) {
	members, err := dumpMembers(value)
	if err != nil {
		return f, fmt.Errorf("fieldIndex: %w", err)
	}
	keys := slices.Sorted(maps.Keys(members))
	keys = slices.DeleteFunc(keys, func(key string) bool { return slices.Contains(moreFieldIndexKeys, key) })
	if !slices.Equal(keys, fieldIndexKeys) {
		return f, fmt.Errorf("fieldIndex must have fields, name, sparse and unique, and it has %s", fieldList(keys))
	}
	if json.Unmarshal(value, &f) != nil || f.Name == "" || len(f.Fields) == 0 {
		return f, errors.New("fieldIndex must have a name, a list of fields, and true or false for sparse and unique")
	}
	return f, nil
}
