package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/kuzzlite/kuzzlite/internal/door"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

func init() { door.Open = openOver }

// openOver opens a store over an engine that another package of this module has made, see package door.
func openOver(name string, e kv.Engine, o *Options) (*Store, error) {
	s, err := overEngine(name, e, o)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", name, errors.Join(err, e.Close()))
	}
	return s, nil
}

func overEngine(name string, e kv.Engine, o *Options) (*Store, error) {
	opts, err := o.resolved()
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	there, err := hasStore(ctx, e)
	switch {
	case err != nil:
		return nil, err
	case there && opts.Mode == OpenNew:
		return nil, fmt.Errorf("the engine has a store: it %w", ErrExists)
	case !there && (opts.Mode == OpenExisting || opts.ReadOnly):
		return nil, fmt.Errorf("the engine has no store: %w", fs.ErrNotExist)
	case !there:
		if err := begin(ctx, e); err != nil {
			return nil, err
		}
	}
	return newStore(name, opts, e)
}

// hasStore says whether an engine has a store, and not nothing. Anything else is ErrNotStore.
func hasStore(ctx context.Context, e kv.Engine) (there bool, err error) {
	v, err := e.Read(ctx)
	if err != nil {
		return false, err
	}
	defer v.Release()
	err = guarded(func() (err error) {
		if there, err = hasBucket(v, bucketStore); there || err != nil {
			return err
		}
		empty := true
		err = v.Buckets(nil, func([]byte) bool {
			empty = false
			return false
		})
		if err == nil && !empty {
			err = fmt.Errorf("%w: the engine has other content", ErrNotStore)
		}
		return err
	})
	return there, err
}

// begin makes an engine without content an empty store.
func begin(ctx context.Context, e kv.Engine) error {
	stage, err := e.Begin(ctx)
	if err != nil {
		return err
	}
	p, err := stage.Append(initial())
	if err != nil {
		return err
	}
	return p.Wait()
}
