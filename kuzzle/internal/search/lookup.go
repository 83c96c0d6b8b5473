package search

import (
	"errors"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query"
)

// lookup returns what reads the documents that queries look values up in. A document is read as document:get reads it:
// as it was written last. Unlike Kuzzle this asks whether the user may read it, so that nobody can find out by searches
// of one collection what is in another.
func lookup(c *api.Call) func(query.Lookup) ([]byte, error) {
	return func(l query.Lookup) ([]byte, error) {
		t, ok := targetOf(l.Index)
		if !ok {
			return nil, noSuchIndex(l.Index)
		}
		if !c.User.May("document", "get", t.Index, t.Collection) {
			return nil, forbidden(c.User.ID)
		}
		if err := c.Store.MustExist(c.Context, t.Index, t.Collection); err != nil {
			return nil, missing(err, l.Index)
		}
		doc, err := c.Store.Collection(t.Index, t.Collection).Get(c.Context, l.ID)
		switch {
		case err == nil:
			return doc.Source, nil
		case isNew(err):
			return nil, noSuchIndex(l.Index)
		case errors.Is(err, kuzzlite.ErrNotFound), errors.Is(err, kuzzlite.ErrInvalid): // no document has such an id
			return nil, nil
		}
		return nil, storage.Error(err, t.Index, t.Collection)
	}
}

// missing returns the error of a collection that does not exist as Elasticsearch has it.
func missing(err error, name string) error {
	switch apierror.Of(err).ID {
	case "services.storage.unknown_index", "services.storage.unknown_collection":
		return noSuchIndex(name)
	}
	return err
}

// targetOf returns the collection of one of Elasticsearch's names: that of the index, or its alias, which begins with
// an @.
func targetOf(name string) (t Target, ok bool) {
	name, ok = strings.CutPrefix(strings.TrimPrefix(name, "@"), "&")
	if !ok {
		return t, false
	}
	t.Index, t.Collection, ok = strings.Cut(name, ".")
	return t, ok
}

func noSuchIndex(name string) error {
	return apierror.New("services.storage.unexpected_not_found", "no such index ["+name+"]")
}

func forbidden(user string) error {
	if user == api.Anonymous {
		return apierror.New("security.rights.unauthorized", "document", "get", user)
	}
	return apierror.New("security.rights.forbidden", "document", "get", user)
}
