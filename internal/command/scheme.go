package command

import (
	"fmt"
	"net/url"
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
var servedSchemes = []Scheme{{Name: "unix"}, {Name: "http"}, {Name: "https"}}

// location is where a store is.
type location struct {
	Scheme
	place string
}

func (l location) isFile() bool { return l.Name == fileScheme }

// isServed says whether a server has the store open.
func (l location) isServed() bool {
	return slices.ContainsFunc(servedSchemes, func(s Scheme) bool { return s.Name == l.Name })
}

// locate finds out what --db names.
func (a *app) locate() (location, error) {
	if a.db == "" {
		return location{}, usage("no store is named: pass --db FILE, unix:PATH or http://HOST:PORT, or set %s", dbVariable)
	}
	file := Scheme{fileScheme, kuzzlite.Open}
	name, place := cutScheme(a.db)
	if name == "" {
		return location{file, place}, nil
	}
	var names []string
	for _, s := range slices.Concat([]Scheme{file}, servedSchemes, a.schemes) {
		if s.Name == name {
			return checkPlace(location{s, place})
		}
		names = append(names, s.Name)
	}
	return location{}, &failure{exitUsage, fmt.Errorf("unknown scheme %q in %q: this build has %s",
		name, a.db, strings.Join(names, ", ")), "a file of that name is --db " + shellQuote("./"+a.db)}
}

// isServed says whether a server has the store of --db open.
func (a *app) isServed() bool {
	at, err := a.locate()
	return err == nil && at.isServed()
}

// checkPlace refuses what a scheme can do nothing with.
func checkPlace(l location) (location, error) {
	switch {
	case l.place == "":
		return l, usage("nothing comes after the scheme of --db %s:", l.Name)
	case l.Name == "http" || l.Name == "https":
		return l, checkURL(l.Name + ":" + l.place)
	case (l.isFile() || l.isServed()) && strings.HasPrefix(l.place, "//") && !strings.HasPrefix(l.place, "///"):
		return l, usage("--db %s:%s names a host: it must be %s:PATH", l.Name, l.place, l.Name)
	}
	return l, nil
}

// checkURL refuses what is no address of a server. The text is not quoted where it may have a password.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err == nil && u.User != nil:
		return usage("--db names a user: whose rights it is to use says the token in $%s", tokenVariable)
	case err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return usage("--db %s is no address of a server: it must be http://HOST:PORT or https://HOST:PORT", text)
	}
	return nil
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
