package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/query"
)

// newProfile returns a profile with its members in the order in which clients see them.
func newProfile(list json.RawMessage, limit int) object {
	return object{{policies, list}, {rateLimit, json.RawMessage(strconv.Itoa(limit))}}
}

// shownProfile is a profile as clients see it. In searches it has no optimized policies.
func shownProfile(id string, text json.RawMessage, search bool) Entry {
	list := json.RawMessage("[]")
	stored := readObject(text)
	if !search {
		list = appendOptimized(nil, stored.get(policies))
	}
	o := object{{policies, stored.get(policies)}, {optimized, list}}
	o.merge(stored)
	return Entry{id, o.json()}
}

// GetProfile returns a profile.
func (a *Accounts) GetProfile(ctx context.Context, id string) (e Entry, err error) {
	err = a.view(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		text, err := mustProfile(ctx, tx, id)
		e = shownProfile(id, text, false)
		return err
	})
	return e, err
}

func mustProfile(ctx context.Context, tx *kuzzlite.Tx, id string) (json.RawMessage, error) {
	text, err := source(ctx, tx, profiles, id)
	if err == nil && text == nil {
		err = apierror.New("security.profile.not_found", id)
	}
	return text, err
}

// MGetProfiles returns profiles, all of which must exist.
func (a *Accounts) MGetProfiles(ctx context.Context, ids []string) ([]Entry, error) {
	return mGet(ctx, ids, a.GetProfile)
}

// WriteProfile creates or changes a profile. An update keeps the members that the body does not have.
func (a *Accounts) WriteProfile(ctx context.Context, id string, body json.RawMessage, w Write) (e Entry, err error) {
	err = a.change(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		e, err = a.writeProfile(ctx, tx, id, body, w)
		return err
	})
	return e, err
}

func (a *Accounts) writeProfile(ctx context.Context, tx *kuzzlite.Tx, id string, body json.RawMessage, w Write) (
	Entry, error) {
	o := newProfile(nil, 0)
	if w.Mode == Update {
		old, err := mustProfile(ctx, tx, id)
		if err != nil {
			return Entry{}, err
		}
		o = readObject(old)
	}
	o.merge(readObject(body))
	o.remove("_id", optimized)
	if list := o.get(policies); list == nil || string(list) == "[]" {
		o.set(policies, json.RawMessage(`[{"roleId":"default"}]`))
	}
	if err := a.checkProfile(ctx, tx, id, &o, w.Strict); err != nil {
		return Entry{}, err
	}
	e, err := a.write(ctx, tx, profiles, id, o, w)
	return shownProfile(id, e.Source, false), err
}

// checkProfile returns what is wrong with a profile.
func (a *Accounts) checkProfile(ctx context.Context, tx *kuzzlite.Tx, id string, o *object, strict bool) error {
	list := elements(o.get(policies))
	hasAnonymous := false
	for _, p := range list {
		if name := readObject(p).get("roleId"); isString(name) {
			if _, err := mustRole(ctx, tx, stringOf(name)); err != nil {
				return err
			}
			hasAnonymous = hasAnonymous || stringOf(name) == anonymousProfile
		}
	}
	if err := checkRateLimit(o); err != nil {
		return err
	}
	if !isList(o.get(policies)) {
		return apierror.New("api.assert.invalid_type", id+".policies", "object[]")
	}
	for i, p := range list {
		if err := checkPolicy(p, place(id+".policies", i)); err != nil {
			return err
		}
		if strict {
			if err := mustHaveTargets(ctx, tx, readObject(p).get("restrictedTo")); err != nil {
				return err
			}
		}
	}
	if id == anonymousProfile && !hasAnonymous {
		return apierror.New("security.profile.missing_anonymous_role")
	}
	return nil
}

// checkRateLimit checks how many requests a second a profile allows; none given is any number.
func checkRateLimit(o *object) error {
	value := o.get(rateLimit)
	if isNil(value) {
		o.set(rateLimit, json.RawMessage("0"))
		return nil
	}
	n, err := strconv.ParseFloat(string(value), 64)
	switch {
	case isString(value) || err != nil || n != math.Trunc(n) || n > math.MaxInt32:
		return apierror.New("api.assert.invalid_type", rateLimit, "integer")
	case n < 0:
		return apierror.New("api.assert.invalid_argument", rateLimit, "positive integer, or zero")
	}
	o.set(rateLimit, json.RawMessage(strconv.Itoa(int(n))))
	return nil
}

// checkPolicy checks a policy, which stands at a place of the profile.
func checkPolicy(p json.RawMessage, at string) error {
	if !isObject(p) {
		return apierror.New("api.assert.invalid_type", at, "object")
	}
	o := readObject(p)
	if id := o.get("roleId"); request.Falsy(id) {
		return apierror.New("api.assert.missing_argument", at+".roleId")
	} else if !isString(id) {
		return apierror.New("api.assert.invalid_type", at+".roleId", "string")
	}
	for _, m := range o {
		if m.name != "roleId" && m.name != "restrictedTo" {
			return apierror.New("api.assert.unexpected_argument", at+"."+m.name, `"roleId", "restrictedTo"`)
		}
	}
	list := o.get("restrictedTo")
	if request.Falsy(list) {
		return nil
	}
	if !isList(list) {
		return apierror.New("api.assert.invalid_type", at+".restrictedTo", "object[]")
	}
	for i, r := range elements(list) {
		if err := checkRestriction(r, place(at+".restrictedTo", i)); err != nil {
			return err
		}
	}
	return nil
}

func checkRestriction(r json.RawMessage, at string) error {
	if !isObject(r) {
		return apierror.New("api.assert.invalid_type", at, "object")
	}
	o := readObject(r)
	index := o.get("index")
	if isNil(index) || string(index) == `""` { // Kuzzle takes an index without a name for all indexes
		return apierror.New("api.assert.missing_argument", at+".index")
	}
	if !isString(index) {
		return apierror.New("api.assert.invalid_type", at+".index", "string")
	}
	if list := o.get("collections"); !isNil(list) {
		if _, ok := texts(list); !ok {
			return apierror.New("api.assert.invalid_type", at+".collections", "string[]")
		}
	}
	for _, m := range o {
		if m.name != "index" && m.name != "collections" {
			return apierror.New("api.assert.unexpected_argument", at+"."+m.name, `"index", "collections"`)
		}
	}
	return nil
}

// mustHaveTargets returns an error for a restriction to an index or a collection that does not exist.
func mustHaveTargets(ctx context.Context, tx *kuzzlite.Tx, list json.RawMessage) error {
	for _, r := range elements(list) {
		o := readObject(r)
		index := stringOf(o.get("index"))
		there, err := tx.Collections(ctx, index)
		if errors.Is(err, kuzzlite.ErrUnknownIndex) {
			return apierror.New("services.storage.unknown_index", index)
		}
		if err != nil {
			return err
		}
		names, _ := texts(o.get("collections"))
		names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(there, name) })
		if len(names) > 0 {
			return apierror.New("services.storage.unknown_collection", index, json.RawMessage(api.Marshal(names)))
		}
	}
	return nil
}

// DeleteProfile deletes a profile. If users have that, it fails, or with remove takes it from them: who has no other
// profile gets that of anonymous users.
func (a *Accounts) DeleteProfile(ctx context.Context, id string, remove bool, by string) error {
	return a.change(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if _, err := mustProfile(ctx, tx, id); err != nil {
			return err
		}
		if slices.Contains(builtIn, id) {
			return apierror.New("security.profile.cannot_delete")
		}
		for doc, err := range in(tx, users).Find(ctx, query.Eq(profileIDs, id), &kuzzlite.FindOptions{MaxScan: -1}) {
			if err != nil {
				return err
			}
			if !remove {
				return apierror.New("security.profile.in_use", id)
			}
			if err := a.takeProfile(ctx, tx, doc, id, by); err != nil {
				return err
			}
		}
		_, err := in(tx, profiles).Delete(ctx, id)
		return err
	})
}

// takeProfile takes a profile from a user.
func (a *Accounts) takeProfile(ctx context.Context, tx *kuzzlite.Tx, doc kuzzlite.Document, id, by string) error {
	o := readObject(doc.Source)
	list, ok := texts(o.get(profileIDs))
	if !ok {
		return fmt.Errorf("user %q is damaged: profileIds are no texts", doc.ID)
	}
	list = slices.DeleteFunc(list, func(name string) bool { return name == id })
	if len(list) == 0 {
		list = []string{anonymousProfile}
	}
	o.set(profileIDs, appendList(nil, list))
	o.stamp(informationOf(o).updated(a.now(), by))
	return put(ctx, tx, users, doc.ID, o.json())
}
