package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite"
)

// A Scheme is a kind of place where stores are. A store is named SCHEME:PLACE; without a scheme the name is that of a
// file. A build with schemes of its own hands them to Main.
type Scheme struct {
	Name string // lower case, two letters or more: one letter is a drive of Windows

	// Open opens the store at a place, with options as of kuzzlite.Open: Mode says whether it may make one that is
	// missing, and a store that is ReadOnly ends a watch at the end of its feed.
	Open func(place string, o *kuzzlite.Options) (*kuzzlite.Store, error)
}

const fileScheme = "file"

// servedSchemes are those of stores that a server has open.
var servedSchemes = []string{"http", "https", "unix"}

// location is where a store is.
type location struct {
	Scheme
	place string
}

func (l location) isFile() bool { return l.Name == fileScheme }

// isServed says whether a server has the store open.
func (l location) isServed() bool { return slices.Contains(servedSchemes, l.Name) }

// locate finds out what --db names.
func (a *app) locate() (location, error) {
	if a.db == "" {
		return location{}, usage("no store is named: pass --db FILE or set %s", dbVariable)
	}
	file := Scheme{fileScheme, kuzzlite.Open}
	name, place := cutScheme(a.db)
	if name == "" {
		return location{file, place}, nil
	}
	var names []string
	for _, s := range append([]Scheme{file}, a.schemes...) {
		if s.Name == name {
			return checkPlace(location{s, place})
		}
		names = append(names, s.Name)
	}
	return location{}, &failure{exitUsage, fmt.Errorf("unknown scheme %q in %q: this build has %s",
		name, a.db, strings.Join(names, ", ")), "a file of that name is --db " + shellQuote("./"+a.db)}
}

// checkPlace refuses what a scheme can do nothing with.
func checkPlace(l location) (location, error) {
	switch {
	case l.place == "":
		return l, usage("nothing comes after the scheme of --db %s:", l.Name)
	case l.isFile() && strings.HasPrefix(l.place, "//") && !strings.HasPrefix(l.place, "///"):
		return l, usage("--db %s:%s names a host: it must be file:PATH", l.Name, l.place)
	}
	return l, nil
}

// cutScheme takes a name apart. What comes before a colon is a scheme only if it looks like one in a URL.
func cutScheme(name string) (scheme, place string) {
	scheme, place, found := strings.Cut(name, ":")
	const letters, others = "abcdefghijklmnopqrstuvwxyz", "0123456789+-."
	lower := strings.ToLower(scheme)
	if !found || len(scheme) < 2 || strings.Trim(lower, letters+others) != "" || !strings.Contains(letters, lower[:1]) {
		return "", name
	}
	return lower, place
}
