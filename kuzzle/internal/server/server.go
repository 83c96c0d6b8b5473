// Package server has the actions of Kuzzle's controller server: what a server says of itself.
package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/route"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/statistics"
)

// Version is the version of Kuzzle whose protocol the server speaks. Clients ask for it.
const Version = "2.56.0"

// About is what a server knows of itself.
type About struct {
	Controllers func() map[string]api.Controller // that clients are told of
	Routes      *route.Table                     // that lead to them
	Config      any                              // marshals to what getConfig answers
	Started     time.Time
	Statistics  *statistics.Recorder
	Rooms       func() (rooms, subscriptions int)
}

// Controller returns the actions.
func (s *About) Controller() api.Controller {
	return api.Controller{
		"now": now, "adminExists": adminExists, "healthCheck": healthCheck, "info": s.info, "publicApi": s.publicAPI,
		"capabilities": s.capabilities, "metrics": s.metrics, "getConfig": s.getConfig, "getLastStats": s.getLastStats,
		"getStats": s.getStats, "getAllStats": s.getAllStats, "openapi": s.openAPI,
	}
}

func now(c *api.Call) (api.Result, error) { return api.Object("now", c.Clock.Now().UnixMilli()), nil }

// adminExists says whether somebody is an administrator.
func adminExists(c *api.Call) (api.Result, error) {
	if c.Accounts == nil {
		return api.Object("exists", false), nil
	}
	exists, err := c.Accounts.AdminExists(c.Context)
	return api.Object("exists", exists), err
}

// healthCheck says whether the store works, and for the caches, which the server is itself, that they do.
func healthCheck(c *api.Call) (api.Result, error) {
	asked := services(c.Request)
	found := map[string]string{}
	for _, name := range []string{"internalCache", "memoryStorage", "storageEngine"} {
		if asked != nil && !slices.Contains(asked, name) {
			continue
		}
		if found[name] = "green"; name != "storageEngine" {
			continue
		}
		if err := storeWorks(c); err != nil {
			return nil, apierror.New("core.fatal.service_unavailable", err.Error())
		}
	}
	return api.Object("status", "green", "services", found), nil
}

// storeWorks returns why nothing can be read from the store, or written.
func storeWorks(c *api.Call) error {
	stats, err := c.Store.Stats(c.Context)
	if err == nil && stats.Failure != "" {
		err = fmt.Errorf("the store takes no writes: %s", stats.Failure)
	}
	return err
}

// services reads which services are asked for: a text with commas, or a list. nil: all.
func services(r *request.Request) (list []string) {
	value, ok := r.Arg("services")
	switch {
	case ok && value[0] == '"':
		return strings.Split(request.Text(value), ",")
	case ok && value[0] == '[':
		list = []string{}
		for element := range request.Elements(value) {
			list = append(list, request.Text(element))
		}
	}
	return list
}

// object is a JSON object.
type object = map[string]any

func (s *About) info(c *api.Call) (api.Result, error) {
	stats, err := c.Store.Stats(c.Context)
	if err != nil {
		return nil, err
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	build := readBuild()
	storage := object{
		"type": "kuzzlite", "version": build.version, "status": "green", "spaceUsed": stats.FileSize, "nodes": 1,
	}
	cache := object{"type": "kuzzlite", "version": build.version, "mode": "standalone", "memoryUsed": memory.HeapAlloc}
	names := slices.Sorted(maps.Keys(s.Controllers()))
	return api.Object("serverInfo", object{
		"kuzzle": object{
			"api": object{"routes": s.routes()},
			"application": object{"name": "kuzzlite", "version": build.version, "commit": build.commit, "controllers": names,
				"pipes": []string{}, "hooks": []string{}},
			"memoryUsed": memory.Sys, "nodeVersion": runtime.Version(), "plugins": object{},
			"system":  object{"cpus": cpus(), "memory": systemMemory()},
			"uptime":  fmt.Sprintf("%gs", math.Round(c.Clock.Now().Sub(s.Started).Seconds()*1000)/1000),
			"version": Version,
		},
		"services": object{
			"internalCache": cache, "memoryStorage": cache, "internalStorage": storage, "publicStorage": storage,
		},
	}), nil
}

func (s *About) capabilities(c *api.Call) (api.Result, error) {
	build := readBuild()
	backend := object{"backend": "kuzzlite", "version": build.version}
	return api.Object("limits", limits(c), "plugins", object{}, "routes", s.routes(),
		"services", object{"storageEngine": backend, "internalCache": backend}, "version", Version), nil
}

func limits(c *api.Call) object {
	return object{"documentsWriteCount": c.Limits.Writes, "documentsFetchCount": c.Limits.Reads}
}

func (s *About) metrics(*api.Call) (api.Result, error) {
	rooms, subscriptions := s.Rooms()
	return api.Object(
		"api", object{"concurrentRequests": s.Statistics.Ongoing(), "pendingRequests": 0},
		"network", object{"connections": s.Statistics.Connections()},
		"realtime", object{"rooms": rooms, "subscriptions": subscriptions}), nil
}

func (s *About) getConfig(*api.Call) (api.Result, error) {
	return api.JSON(api.Marshal(s.Config)), nil
}

func (s *About) getLastStats(*api.Call) (api.Result, error) {
	return api.JSON(api.Marshal(s.Statistics.Last())), nil
}

// getStats answers with the frames between two times.
func (s *About) getStats(c *api.Call) (api.Result, error) {
	a := c.Args()
	from, to := a.Int64Or("startTime", 0), a.Int64Or("stopTime", math.MaxInt64)
	if a.Err != nil {
		return nil, a.Err
	}
	return s.frames(from, to), nil
}

func (s *About) getAllStats(*api.Call) (api.Result, error) { return s.frames(0, math.MaxInt64), nil }

func (s *About) frames(from, to int64) api.Result {
	list := s.Statistics.Between(from, to)
	return api.Object("hits", list, "total", len(list))
}

// raw returns a result without the envelope, of a type that is application/ and a format.
func raw(text json.RawMessage, format string) api.Result {
	return &api.Raw{ContentType: "application/" + format, Text: text}
}
