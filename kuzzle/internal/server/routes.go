package server

import (
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
)

// What a server can do: the actions that it has, and where HTTP finds them.

// action is an action as clients are told of it.
type action struct {
	Action     string     `json:"action"`
	Controller string     `json:"controller"`
	HTTP       []location `json:"http,omitempty"` // none: HTTP has it only as a request that names the action
}

// location is a route of HTTP. Older clients read the path, newer ones the URL: both are the same.
type location struct {
	Path string `json:"path"`
	URL  string `json:"url"`
	Verb string `json:"verb"` // in upper case
}

// routes returns the actions by their controllers.
func (s *About) routes() map[string]map[string]action {
	all := map[string]map[string]action{}
	for controller, actions := range s.Controllers() {
		all[controller] = map[string]action{}
		for name := range actions {
			a := action{Action: name, Controller: controller}
			for _, r := range s.Routes.Of(controller, name) {
				a.HTTP = append(a.HTTP, location{Path: r.Path, URL: r.Path, Verb: r.Verb})
			}
			all[controller][name] = a
		}
	}
	return all
}

func (s *About) publicAPI(*api.Call) (api.Result, error) {
	return api.JSON(api.Marshal(s.routes())), nil
}
