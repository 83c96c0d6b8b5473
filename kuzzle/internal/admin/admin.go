// Package admin has the actions of Kuzzle's controller admin: on the server and on all that it keeps.
package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Admin is what the actions work with, besides the store.
type Admin struct {
	DumpDirectory string // where dumps are written; "": nowhere
	Shutdown      func() // ends the server, and is called once, on a goroutine of its own; nil: nobody may end the server

	ending  atomic.Bool
	dumping atomic.Bool
}

// Controller returns the actions: of those on users, and shutdown, only what the server can do.
func (d *Admin) Controller(hasAccounts bool) api.Controller {
	actions := api.Controller{
		"loadMappings": loadMappings, "loadFixtures": loadFixtures, "resetDatabase": resetDatabase, "resetCache": resetCache,
		"refreshIndexCache": refreshIndexCache, "dump": d.dump,
	}
	if hasAccounts {
		actions["loadSecurities"], actions["resetSecurity"] = loadSecurities, resetSecurity
	}
	if d.Shutdown != nil {
		actions["shutdown"] = d.shutdown
	}
	return actions
}

// acknowledged is what these actions answer, in a spelling of their own.
var acknowledged = api.JSON(`{"acknowledge":true}`)

// resetDatabase deletes all indexes of clients, with their collections.
func resetDatabase(c *api.Call) (api.Result, error) {
	if err := c.Store.DeleteAll(c.Context); err != nil {
		return nil, storage.Error(err, "", "")
	}
	return acknowledged, nil
}

// resetCache has nothing to do: there are no caches beside the server. Those that Kuzzle has are known by their names.
func resetCache(c *api.Call) (api.Result, error) {
	a := c.Args()
	name := a.String("database")
	if a.Err == nil && name != "internalCache" && name != "memoryStorage" {
		a.Check(apierror.New("services.cache.database_not_found", name))
	}
	if a.Err != nil {
		return nil, a.Err
	}
	return acknowledged, nil
}

// refreshIndexCache has nothing to do: which indexes there are is asked for each time.
func refreshIndexCache(*api.Call) (api.Result, error) { return nil, nil }

// loadSecurities writes roles, profiles and users.
func loadSecurities(c *api.Call) (api.Result, error) {
	a := c.Args()
	body, existing, force := a.MustBody(), a.StringOr("onExistingUsers", ""), a.Bool("force")
	if a.Err == nil && body[0] != '{' {
		a.Check(apierror.New("api.assert.invalid_type", "body", "object"))
	}
	switch existing {
	case "", "fail", "skip", "overwrite":
	default:
		a.Check(apierror.New("api.assert.invalid_argument", "onExistingUsers", `"fail", "skip" or "overwrite"`))
	}
	if a.Err != nil {
		return nil, a.Err
	}
	if err := c.Accounts.LoadSecurities(c, body, existing, force); err != nil {
		return nil, err
	}
	return acknowledged, nil
}

// resetSecurity answers how many users, profiles and roles were deleted.
func resetSecurity(c *api.Call) (api.Result, error) {
	users, profiles, roles, err := c.Accounts.ResetSecurity(c)
	if err != nil {
		return nil, err
	}
	return api.Object("deletedUsers", users, "deletedProfiles", profiles, "deletedRoles", roles), nil
}

func (d *Admin) shutdown(*api.Call) (api.Result, error) {
	if !d.ending.CompareAndSwap(false, true) {
		return nil, apierror.New("api.process.action_locked", "Kuzzle is already shutting down.")
	}
	go d.Shutdown()
	return acknowledged, nil
}

// suffix is what the name of a dump may end with: no path, and nothing that a shell takes for something else.
var suffix = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// dump writes a backup of the whole store into the directory for dumps.
func (d *Admin) dump(c *api.Call) (api.Result, error) {
	a := c.Args()
	name := a.StringOr("suffix", "manual-api-action")
	if a.Err == nil && !suffix.MatchString(name) {
		a.Check(apierror.New("api.assert.invalid_argument", "suffix", "1 to 64 letters, digits, _ and -"))
	}
	if a.Err != nil {
		return nil, a.Err
	}
	if d.DumpDirectory == "" {
		return nil, apierror.Plain(412, "Cannot write a dump: the server was started without a directory for dumps.")
	}
	if !d.dumping.CompareAndSwap(false, true) {
		return nil, apierror.New("api.process.action_locked", "dump")
	}
	defer d.dumping.Store(false)
	if err := d.write(c.Context, c, name); err != nil {
		return nil, apierror.New("core.fatal.unexpected_error", err.Error())
	}
	return acknowledged, nil
}

// write writes a backup into a new file, whose name begins with the time.
func (d *Admin) write(ctx context.Context, c *api.Call, name string) error {
	if err := os.MkdirAll(d.DumpDirectory, 0o700); err != nil {
		return fmt.Errorf("write dump: %w", err)
	}
	at := c.Clock.Now().UTC().Format("20060102-150405.000")
	_, err := c.Store.BackupFile(ctx, filepath.Join(d.DumpDirectory, at+"-"+name+".db"))
	if errors.Is(err, kuzzlite.ErrExists) || errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("write dump: there is one of this moment already")
	}
	if err != nil {
		return fmt.Errorf("write dump: %w", err)
	}
	return nil
}

// object reads a body that is an object.
func object(c *api.Call) (json.RawMessage, error) {
	a := c.Args()
	body := a.MustBody()
	if a.Err == nil && body[0] != '{' {
		a.Check(apierror.New("api.assert.invalid_type", "body", "object"))
	}
	return body, a.Err
}
