package api

import (
	"context"
	"encoding/json"
)

// Accounts are the users of a server, with their profiles and roles, as actions on the server as a whole need them.
type Accounts interface {
	// AdminExists says whether somebody has the profile of an administrator.
	AdminExists(ctx context.Context) (bool, error)

	// LoadSecurities writes the roles, profiles and users of {"roles", "profiles", "users"}. onExistingUsers is what
	// becomes of a user that is there: "fail", "skip" or "overwrite"; "" is fail. With force roles may name controllers
	// and actions that the server does not have.
	LoadSecurities(c *Call, body json.RawMessage, onExistingUsers string, force bool) error

	// ResetSecurity deletes all users, profiles and roles, and makes those of a new server. It returns how many it has
	// deleted.
	ResetSecurity(c *Call) (users, profiles, roles int, err error)
}
