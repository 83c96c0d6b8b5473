package search

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// Target is a collection that is searched.
type Target struct{ Index, Collection string }

// name returns Elasticsearch's name for a collection.
func (t Target) name() string { return "&" + t.Index + "." + t.Collection }

// names returns the targets by Elasticsearch's names for them.
func (in *search) names() string {
	names := make([]string, len(in.targets))
	for i, t := range in.targets {
		names[i] = t.name()
	}
	return strings.Join(names, ",")
}

// targets reads where a search looks: in one collection, or in those of a list.
func targets(a *request.Args) []Target {
	if value, _ := a.Arg("targets"); !request.Falsy(value) {
		return listed(a, a.Array("targets"))
	}
	index, _ := a.Arg("index")
	collection, _ := a.Arg("collection")
	if request.Falsy(index) && request.Falsy(collection) {
		a.Check(apierror.New("api.assert.missing_argument", "index, collection or targets"))
	}
	t := Target{nameOf(index), nameOf(collection)}
	if isPattern(t.Index) || isPattern(t.Collection) {
		a.Check(apierror.New("services.storage.invalid_multi_index_collection_usage"))
	}
	return []Target{t}
}

// nameOf returns a name as the rights of a user are checked for it: null is none.
func nameOf(value json.RawMessage) string {
	if string(value) == "null" {
		return ""
	}
	return request.Text(value)
}

// isPattern says whether a name is one of many for Elasticsearch.
func isPattern(name string) bool { return name == "_all" || strings.ContainsAny(name, ",*+") }

// listed reads a list of {"index", "collections"}. A collection that is there several times is searched once, as by
// Elasticsearch.
func listed(a *request.Args, list json.RawMessage) (targets []Target) {
	if a.Err != nil {
		return nil
	}
	n, seen := 0, map[Target]bool{}
	for element := range request.Elements(list) {
		for _, t := range target(a, fmt.Sprintf("targets[%d]", n), element) {
			if !seen[t] {
				seen[t] = true
				targets = append(targets, t)
			}
		}
		n++
	}
	return targets
}

func target(a *request.Args, place string, element json.RawMessage) (targets []Target) {
	member := func(name string) json.RawMessage {
		if element[0] != '{' {
			return nil
		}
		value, _ := rawjson.Lookup(element, name)
		return value
	}
	index, collections := member("index"), member("collections")
	switch {
	case request.Falsy(index):
		a.Check(apierror.New("api.assert.missing_argument", place+".index"))
	case isPattern(request.Text(index)):
		a.Check(apierror.New("services.storage.invalid_target_format", place+".index", request.Text(index)))
	case request.Falsy(collections):
		a.Check(apierror.New("api.assert.missing_argument", place+".collections"))
	case collections[0] != '[':
		a.Check(apierror.New("api.assert.invalid_type", place+".collections", "array"))
	case string(collections) == "[]":
		a.Check(apierror.New("api.assert.empty_argument", place+".collections"))
	default:
		n := 0
		for name := range request.Elements(collections) {
			text := request.Text(name)
			if isPattern(text) {
				a.Check(apierror.New("services.storage.invalid_target_format", fmt.Sprintf("%s.collections[%d]", place, n), text))
			}
			targets = append(targets, Target{request.Text(index), text})
			n++
		}
	}
	return targets
}
