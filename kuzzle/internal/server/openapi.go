package server

import (
	"regexp"
	"strings"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/route"
)

// openAPI describes the routes of HTTP: as Swagger 2.0 those of the server, as OpenAPI 3.1 those of an application
// within, of which there are none. The result has no envelope. As YAML it is JSON too, which all YAML 1.2 readers
// take.
func (s *About) openAPI(c *api.Call) (api.Result, error) {
	a := c.Args()
	format, scope := a.StringOr("format", "json"), a.StringOr("scope", "kuzzle")
	if a.Err == nil && format != "json" && format != "yaml" {
		a.Check(apierror.New("api.assert.invalid_argument", "format", `"json" or "yaml"`))
	}
	if a.Err != nil {
		return nil, a.Err
	}
	switch scope {
	case "kuzzle":
		return raw(api.Marshal(object{
			"swagger": "2.0", "info": description("Kuzzle API"), "schemes": []string{"http"}, "basePath": "/",
			"consumes": []string{"application/json"}, "produces": []string{"application/json"}, "paths": s.paths(),
		}), format), nil
	case "app":
		return raw(api.Marshal(object{
			"openapi": "3.1.0", "info": description("Application API"), "paths": object{},
		}), format), nil
	}
	return nil, apierror.New("api.assert.unexpected_argument", scope, []string{"kuzzle", "app"})
}

func description(title string) object { return object{"title": title, "version": Version} }

var placeholder = regexp.MustCompile(`:(\w+)`)

// paths returns what each route leads to, by the path and the verb.
func (s *About) paths() map[string]object {
	paths := map[string]object{}
	controllers := s.Controllers()
	for _, r := range s.Routes.All() {
		if controllers[r.Controller][r.Action] == nil {
			continue
		}
		path := placeholder.ReplaceAllString(r.Path, "{$1}")
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path][strings.ToLower(r.Verb)] = operation(&r)
	}
	return paths
}

// operation describes a route.
func operation(r *route.Route) object {
	parameters := []object{}
	for _, found := range placeholder.FindAllStringSubmatch(r.Path, -1) {
		parameters = append(parameters, object{"name": found[1], "in": "path", "required": true, "type": "string"})
	}
	if r.Verb == "POST" || r.Verb == "PUT" || r.Verb == "PATCH" {
		body := object{"name": "body", "in": "body", "required": false, "schema": object{"type": "object"}}
		parameters = append(parameters, body)
	}
	return object{
		"summary": r.Controller + ":" + r.Action, "tags": []string{r.Controller}, "deprecated": r.Deprecated,
		"parameters": parameters, "responses": object{"200": object{"description": "The action has succeeded."},
			"default": object{"description": "The action has failed: the body has the error."}},
	}
}
