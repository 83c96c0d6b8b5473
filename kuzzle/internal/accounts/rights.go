package accounts

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// What users may do. A user has profiles; a profile has policies, each of which is a role, and perhaps the indexes and
// collections to which that is restricted; a role says yes or no to actions of controllers. One policy that says yes is
// enough.

// User is a user with the rights of one moment. It does not change.
type User struct {
	ID       string
	Profiles []string

	profiles []*profile
}

type profile struct {
	rateLimit int // requests a second; 0: any number
	policies  []policy
}

type policy struct {
	role       *role
	restricted restrictions
}

// restrictions are the indexes to which a policy is restricted, each with its collections: none of these are all. No
// indexes are all.
type restrictions struct {
	list   []restriction
	places map[string]int // in list, by index
}

type restriction struct {
	index       string
	collections []string // sorted
}

type role struct {
	controllers []controllerRights
	byName      map[string]map[string]bool // what controllers says
}

type controllerRights struct {
	name    string
	actions []actionRight
}

type actionRight struct {
	name    string
	allowed bool
}

// readRole reads a role as it is stored. What is malformed in there allows nothing.
func readRole(text json.RawMessage) *role {
	r := &role{byName: map[string]map[string]bool{}}
	for _, c := range readObject(readObject(text).get(controllers)) {
		rights, byName := controllerRights{name: c.name}, map[string]bool{}
		for _, action := range readObject(readObject(c.value).get("actions")) {
			allowed := string(action.value) == "true"
			rights.actions = append(rights.actions, actionRight{action.name, allowed})
			byName[action.name] = allowed
		}
		r.controllers = append(r.controllers, rights)
		r.byName[c.name] = byName
	}
	return r
}

// allows says whether a role allows an action: what it says of the controller, or else of *, and there of the action,
// or else of *.
func (r *role) allows(controller, action string) bool {
	actions, ok := r.byName[controller]
	if !ok {
		actions = r.byName["*"]
	}
	allowed, ok := actions[action]
	if !ok {
		allowed = actions["*"]
	}
	return allowed
}

// withholdsNothing says whether a role never says no.
func (r *role) withholdsNothing() bool {
	for _, c := range r.controllers {
		isNo := func(a actionRight) bool { return !a.allowed }
		if slices.ContainsFunc(c.actions, isNo) || !r.byName[c.name]["*"] {
			return false
		}
	}
	return true
}

// readRestrictions reads the restrictions of a policy. What is malformed in there restricts to what does not exist.
func readRestrictions(list json.RawMessage) restrictions {
	r := restrictions{places: map[string]int{}}
	for _, e := range elements(list) {
		o := readObject(e)
		index := request.Text(o.get("index"))
		collections, _ := texts(o.get("collections"))
		at, ok := r.places[index]
		if !ok {
			at = len(r.list)
			r.places[index] = at
			r.list = append(r.list, restriction{index: index})
		}
		r.list[at].collections = append(r.list[at].collections, collections...)
	}
	for i := range r.list {
		slices.Sort(r.list[i].collections)
		r.list[i].collections = slices.Compact(r.list[i].collections)
	}
	return r
}

// allow says whether the restrictions let an action pass. They mean nothing for one that names no index.
func (r *restrictions) allow(index, collection string) bool {
	if len(r.list) == 0 || index == "" {
		return true
	}
	at, ok := r.places[index]
	if !ok {
		return false
	}
	collections := r.list[at].collections
	_, found := slices.BinarySearch(collections, collection)
	return found || len(collections) == 0
}

// May says whether the user may do something with an index and a collection; "": the action names none.
func (u *User) May(controller, action, index, collection string) bool {
	for _, p := range u.profiles {
		for _, policy := range p.policies {
			if policy.restricted.allow(index, collection) && policy.role.allows(controller, action) {
				return true
			}
		}
	}
	return false
}

// MayWithAll says whether the user may do something with the whole store at once: policies that are restricted to some
// indexes do not allow that, and a role that has the right by * only does not if it withholds anything else.
func (u *User) MayWithAll(controller, action string) bool {
	for _, p := range u.profiles {
		for _, policy := range p.policies {
			_, isNamed := policy.role.byName[controller]
			if len(policy.restricted.list) == 0 && policy.role.allows(controller, action) &&
				(isNamed || policy.role.withholdsNothing()) {
				return true
			}
		}
	}
	return false
}

// MayRequest says whether the user may make a request. Of one with targets it takes the right to each of them.
func (u *User) MayRequest(r *request.Request) (bool, error) {
	index, _ := r.Arg("index")
	collection, _ := r.Arg("collection")
	targets, _ := r.Arg("targets")
	if request.Falsy(targets) {
		return u.May(r.Controller, r.Action, name(index), name(collection)), nil
	}
	a := r.Args()
	targets = a.Array("targets")
	if a.Err != nil {
		return false, a.Err
	}
	if !u.May(r.Controller, r.Action, "", "") {
		return false, nil
	}
	for _, t := range elements(targets) {
		if ok, err := u.mayTarget(r, readObject(t)); !ok {
			return false, err
		}
	}
	return true, nil
}

// mayTarget says whether the user may make a request of one of its targets: an index, with collections. Patterns are
// none, and an index without collections takes the right to the whole index.
func (u *User) mayTarget(r *request.Request, target object) (bool, error) {
	index := target.get("index")
	if request.Falsy(index) {
		return true, nil // which names nothing; the action says so
	}
	list, ok := texts(target.get("collections"))
	if !ok && !request.Falsy(target.get("collections")) {
		return false, apierror.New("api.assert.invalid_type", "targets.collections", "string[]")
	}
	if len(list) == 0 {
		list = []string{""}
	}
	for _, collection := range list {
		if strings.Contains(name(index)+collection, "*") || !u.May(r.Controller, r.Action, name(index), collection) {
			return false, nil
		}
	}
	return true, nil
}

// name returns an index or a collection as actions read its name. What some actions take for a name, as 0, is one here.
func name(value json.RawMessage) string {
	if isNil(value) {
		return ""
	}
	return request.Text(value)
}

// RateLimit returns how many requests a second the user may make: the most that a profile of the user allows, 0 for any
// number.
func (u *User) RateLimit() (most int) {
	for _, p := range u.profiles {
		if p.rateLimit == 0 {
			return 0
		}
		most = max(most, p.rateLimit)
	}
	return most
}

// Right is what a user may do, or may not.
type Right struct {
	Action     string `json:"action"`
	Collection string `json:"collection"`
	Controller string `json:"controller"`
	Index      string `json:"index"`
	Value      string `json:"value"` // allowed or denied
}

// rightList is a list of rights, in the order in which they were first found. What is allowed once stays allowed.
type rightList struct {
	list  []Right
	place map[Right]int // without their values
}

func (l *rightList) add(r Right, allowed bool) {
	at, ok := l.place[r]
	if !ok {
		at = len(l.list)
		l.place[r] = at
		l.list = append(l.list, r)
		l.list[at].Value = "denied"
	}
	if allowed {
		l.list[at].Value = "allowed"
	}
}

// mostRights bounds a list of rights, which can be much longer than the roles and profiles that it comes from.
const mostRights = 100_000

// Rights lists what the user may do.
func (u *User) Rights() ([]Right, error) {
	l := rightList{list: []Right{}, place: map[Right]int{}}
	for _, p := range u.profiles {
		for i := range p.policies {
			if !l.addPolicy(&p.policies[i]) {
				return nil, apierror.New("services.storage.get_limit_exceeded")
			}
		}
	}
	return l.list, nil
}

// addPolicy adds what a policy says, and returns false where that is too much.
func (l *rightList) addPolicy(p *policy) bool {
	restricted := p.restricted.list
	if len(restricted) == 0 {
		restricted = []restriction{{index: "*"}}
	}
	for _, c := range p.role.controllers {
		for _, action := range c.actions {
			for _, to := range restricted {
				collections := to.collections
				if len(collections) == 0 {
					collections = []string{"*"}
				}
				for _, collection := range collections {
					l.add(Right{Action: action.name, Collection: collection, Controller: c.name, Index: to.index}, action.allowed)
				}
				if len(l.list) > mostRights {
					return false
				}
			}
		}
	}
	return true
}

// appendOptimized appends the policies of a profile as Kuzzle shows how it uses them.
func appendOptimized(dst []byte, list json.RawMessage) []byte {
	dst = append(dst, '[')
	for i, e := range elements(list) {
		if i > 0 {
			dst = append(dst, ',')
		}
		o := readObject(e)
		dst = append(dst, '{')
		if restricted := readRestrictions(o.get("restrictedTo")).list; len(restricted) > 0 {
			dst = append(appendRestrictions(append(dst, `"restrictedTo":`...), restricted), ',')
		}
		dst = append(append(append(dst, `"roleId":`...), o.get("roleId")...), '}')
	}
	return append(dst, ']')
}

func appendRestrictions(dst []byte, list []restriction) []byte {
	dst = append(dst, '{')
	for i, r := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(rawjson.AppendString(dst, r.index), ':')
		dst = appendList(dst, r.collections)
	}
	return append(dst, '}')
}
