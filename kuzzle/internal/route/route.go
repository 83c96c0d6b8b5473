// Package route has the HTTP routes of Kuzzle's API, and finds the action of a URL.
package route

import (
	_ "embed"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Route is a verb and a path that lead to an action.
type Route struct {
	Verb, Path         string // a segment of the path that begins with a colon stands for any, and names an argument
	Controller, Action string
	Deprecated         bool
}

// All are the routes of Kuzzle 2.56.0 that this server has a controller for, in the order in which Kuzzle lists them.
// A line of the table has the verb, the path, the controller, the action, and whether the route is deprecated.
var All = read(table)

//go:embed routes.tsv
var table string

func read(table string) (list []Route) {
	for line := range strings.Lines(table) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) < 4 {
			panic(fmt.Sprintf("routes.tsv: %q", line))
		}
		list = append(list, Route{fields[0], fields[1], fields[2], fields[3], len(fields) > 4})
	}
	return list
}

// Table finds routes. Any number of goroutines may use it.
type Table struct {
	roots  map[string]*node // by verb
	routes []Route
}

// node is a place in the paths of a verb. A literal segment wins over a placeholder, and there is no way back.
type node struct {
	literals map[string]*node
	any      *node
	route    *Route
}

// NewTable returns the table of some routes. Of two with the same verb and path the last one counts.
func NewTable(routes []Route) *Table {
	t := &Table{roots: map[string]*node{}, routes: slices.Clone(routes)}
	for i := range t.routes {
		t.add(&t.routes[i])
	}
	return t
}

func (t *Table) add(r *Route) {
	at := t.roots[r.Verb]
	if at == nil {
		at = &node{}
		t.roots[r.Verb] = at
	}
	for _, segment := range segments(r.Path) {
		at = at.child(segment)
	}
	at.route = r
}

func (n *node) child(segment string) *node {
	if strings.HasPrefix(segment, ":") {
		if n.any == nil {
			n.any = &node{}
		}
		return n.any
	}
	if n.literals[segment] == nil {
		if n.literals == nil {
			n.literals = map[string]*node{}
		}
		n.literals[segment] = &node{}
	}
	return n.literals[segment]
}

// segments are the parts of a path that are not empty.
func segments(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(s string) bool { return s == "" })
}

// Argument is a segment of a path that has a name.
type Argument struct{ Name, Value string }

// Knows says whether there are routes of a verb.
func (t *Table) Knows(verb string) bool { return t.roots[verb] != nil }

// Find returns the route of a verb and an escaped path, nil if there is none, and the arguments in the path. Each
// segment is unescaped by itself; one that cannot be stays as it is.
func (t *Table) Find(verb, path string) (*Route, []Argument) {
	at := t.roots[verb]
	if at == nil {
		return nil, nil
	}
	var values []string
	for _, segment := range segments(path) {
		if text, err := url.PathUnescape(segment); err == nil {
			segment = text
		}
		if next := at.literals[segment]; next != nil {
			values = append(values, segment)
			at = next
			continue
		}
		if at = at.any; at == nil {
			return nil, nil
		}
		values = append(values, segment)
	}
	if len(values) == 0 && at.route == nil && at.any != nil { // the placeholder is there, and empty
		at, values = at.any, []string{""}
	}
	if at.route == nil {
		return nil, nil
	}
	var args []Argument
	for i, segment := range segments(at.route.Path) {
		if name, ok := strings.CutPrefix(segment, ":"); ok {
			args = append(args, Argument{name, values[i]})
		}
	}
	return at.route, args
}

// All returns the routes.
func (t *Table) All() []Route { return t.routes }

// Of returns the routes of an action.
func (t *Table) Of(controller, action string) (list []Route) {
	for _, r := range t.routes {
		if r.Controller == controller && r.Action == action {
			list = append(list, r)
		}
	}
	return list
}
