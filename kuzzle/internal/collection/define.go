package collection

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Define creates a collection with a mapping, and its index if that is missing; of a collection that exists it changes
// the mapping.
func Define(c *api.Call, index, name string, mapping json.RawMessage) error {
	in, err := definition(index, name, mapping)
	if err != nil {
		return err
	}
	return learn(c, index, name, true, in)
}

// CheckDefinition returns what is wrong with a mapping, or with the names of its collection, whatever the collection
// has so far.
func CheckDefinition(index, name string, mapping json.RawMessage) error {
	in, err := definition(index, name, mapping)
	if err != nil {
		return err
	}
	_, err = changed(tree{}, in.mapping)
	return err
}

func definition(index, name string, mapping json.RawMessage) (in config, err error) {
	if err := checkNames(index, name); err != nil {
		return in, err
	}
	if err := json.Unmarshal(mapping, &in.mapping); err != nil {
		return in, err
	}
	return in, checkShape(in.mapping)
}

// checkNames returns an error for names that a new collection cannot have.
func checkNames(index, name string) error {
	if err := storage.CheckIndexName(index); err != nil {
		return err
	}
	if err := storage.CheckCollectionName(name); err != nil {
		return err
	}
	if index == storage.PrivateIndex {
		return apierror.New("services.storage.index_already_exists", "private", index)
	}
	return nil
}
