package accounts

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// rightsCache remembers users with their rights. It is never stale: what it holds belongs to an epoch, and who asks
// says which epoch the store is in, or a mark of the private index: as long as that stays the epoch does.
type rightsCache struct {
	mu    sync.RWMutex // guards what follows
	epoch string
	mark  uint64 // at which the epoch was read
	users map[string]*User
}

// mostCached bounds how many users are remembered.
const mostCached = 10_000

// at returns a user as of a mark; nil if that is not known.
func (c *rightsCache) at(mark uint64, id string) *User {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.mark != mark {
		return nil
	}
	return c.users[id]
}

// get returns a user as of an epoch, which was read at a mark or later; nil if that is not known.
func (c *rightsCache) get(epoch string, mark uint64, id string) *User {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch != epoch {
		return nil
	}
	c.mark = mark
	return c.users[id]
}

func (c *rightsCache) put(epoch string, mark uint64, u *User) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch != epoch || len(c.users) >= mostCached {
		c.epoch, c.users = epoch, map[string]*User{}
	}
	c.mark, c.users[u.ID] = mark, u
}

// User returns a user with the rights that the user has at this moment.
func (a *Accounts) User(ctx context.Context, id string) (u *User, err error) {
	if id == anonymousName {
		id = api.Anonymous
	}
	mark := a.store.PrivateMark() // before anything is read
	if u := a.rights.at(mark, id); u != nil {
		return u, nil
	}
	doc, err := a.store.Private(state).Get(ctx, stateEpoch)
	if err != nil {
		return nil, privateError(err)
	}
	if u := a.rights.get(string(doc.Source), mark, id); u != nil {
		return u, nil
	}
	err = a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		epoch, err := source(ctx, tx, state, stateEpoch)
		if err != nil {
			return err
		}
		if u, err = readUser(ctx, tx, id); err == nil {
			a.rights.put(string(epoch), mark, u)
		}
		return err
	})
	return u, err
}

// ProfileRights lists what a profile allows.
func (a *Accounts) ProfileRights(ctx context.Context, id string) (list []Right, err error) {
	err = a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		p, err := readProfile(ctx, tx, id, map[string]*role{})
		if err == nil {
			list, err = (&User{profiles: []*profile{p}}).Rights()
		}
		return err
	})
	return list, err
}

// readUser reads a user with profiles and roles.
func readUser(ctx context.Context, tx *kuzzlite.Tx, id string) (*User, error) {
	u := &User{ID: id, Profiles: []string{anonymousProfile}}
	if id != api.Anonymous {
		text, err := source(ctx, tx, users, id)
		if err != nil {
			return nil, err
		}
		if text == nil {
			return nil, apierror.New("security.user.not_found", id)
		}
		u.Profiles, _ = texts(readObject(text).get(profileIDs))
	}
	seen := map[string]*role{}
	for _, name := range u.Profiles {
		p, err := readProfile(ctx, tx, name, seen)
		if err != nil {
			return nil, err
		}
		u.profiles = append(u.profiles, p)
	}
	return u, nil
}

// readProfile reads a profile with its roles, of which some have been seen.
func readProfile(ctx context.Context, tx *kuzzlite.Tx, id string, seen map[string]*role) (*profile, error) {
	text, err := source(ctx, tx, profiles, id)
	if err != nil {
		return nil, err
	}
	if text == nil {
		return nil, apierror.New("security.profile.not_found", id)
	}
	o, p := readObject(text), &profile{}
	if err := json.Unmarshal(o.get(rateLimit), &p.rateLimit); err != nil {
		return nil, err
	}
	for _, e := range elements(o.get(policies)) {
		of := readObject(e)
		name := stringOf(of.get("roleId"))
		if seen[name] == nil {
			text, err := source(ctx, tx, roles, name)
			if err != nil {
				return nil, err
			}
			if text == nil {
				return nil, apierror.New("security.role.not_found", name)
			}
			seen[name] = readRole(text)
		}
		p.policies = append(p.policies, policy{seen[name], readRestrictions(of.get("restrictedTo"))})
	}
	return p, nil
}
