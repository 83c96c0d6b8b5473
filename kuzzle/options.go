package kuzzle

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/accounts"
)

// Options configures a Server. Every zero field means the default.
type Options struct {
	// DynamicMapping is what becomes of fields that a mapping does not name, where the mapping of a collection does not
	// say: "false" (they are stored and cannot be searched), "true" (the mapping learns them) or "strict" (they are
	// refused). Default "false", as in Kuzzle.
	DynamicMapping string

	// DocumentsWriteCount and DocumentsFetchCount are how many documents a request may write and read. Default 200 and
	// 10,000, as in Kuzzle.
	DocumentsWriteCount int
	DocumentsFetchCount int

	// MaxBuckets is how many buckets the aggregations of a search may answer, and AggregationMemory about how much memory,
	// in bytes, they may take while documents are collected: beyond that the search fails. Default 65,536, as in
	// Elasticsearch, and 64 MiB.
	MaxBuckets, AggregationMemory int

	// MaxRequestSize is how large a request may be, in bytes. Default 1 MiB, as in Kuzzle.
	MaxRequestSize int

	// TokenSecret signs the tokens of users, and has at least 32 bytes. With another one all tokens and API keys are
	// invalid. Default: a random one, which is kept in the store.
	TokenSecret []byte

	// TokenLifetime is how long a token is valid if the login does not say. Default: an hour, as in Kuzzle.
	TokenLifetime time.Duration

	// MaxTokenLifetime is how long a token can be valid, and MaxAPIKeyLifetime how long the API keys can be that users
	// make for themselves. Default: for ever, as in Kuzzle.
	MaxTokenLifetime, MaxAPIKeyLifetime time.Duration

	// LoginsPerSecond is how often a connection that stays open may try to log in. Default 1, as in Kuzzle. Requests over
	// HTTP are connections of their own: what bounds those is that at most two passwords are checked at a time, while 32
	// logins wait.
	LoginsPerSecond int

	// PasswordMemory, in KiB, and PasswordPasses are what it costs to check a password (Argon2id): once for everybody
	// who logs in, and for everybody who guesses. Default 19 MiB and 2 passes, some ten milliseconds. A password that
	// is stored costs what it did when it was set.
	PasswordMemory, PasswordPasses int

	// RefreshInterval is how long searches, counts and writes by query may not see what was written, as those of
	// Elasticsearch: they see what there was at the last refresh, of which there is one at each interval, and one for each
	// write with refresh wait_for. Default 0: what is written is seen at once.
	RefreshInterval time.Duration

	// Origins are the origins of pages that may use the server, such as https://shop.example; "*" is any. Default: those
	// of this machine, with any port, so that no page of another site reads and writes what a developer's server has. For
	// the same reason a request over the loopback interface must call the server by an address, localhost, or the host of
	// one of the origins.
	Origins []string

	// Wrap returns what answers requests instead of the server: a handler that may look at requests and responses, change
	// them, and call next for the server's own answer. It is called for each request. Default: the server answers.
	Wrap func(next Handler) Handler

	// DumpDirectory is where admin:dump writes backups of the whole store; it is created when it is first needed. Default:
	// nowhere, and a dump fails.
	DumpDirectory string

	// Shutdown is called, once and on a goroutine of its own, when an administrator asks the server to end
	// (admin:shutdown): it should call Server.Shutdown, which answers the request first. Default: nobody can ask for that.
	Shutdown func()

	// PublishLibrary lists the controller kuzzlite in server:publicApi and server:openapi. Default: clients of Kuzzle are not
	// told of it; it answers all the same.
	PublishLibrary bool

	// Clock tells the time. Default: the system's.
	Clock kuzzlite.Clock

	// NewID makes ids of requests, connections and users. Default: random UUIDs.
	NewID func() string

	// Logger is told of what clients are not: accidents. Default: nobody.
	Logger *slog.Logger
}

// Kuzzle's limits, as its server has them unless it is told otherwise.
const (
	defaultWriteCount  = 200
	defaultFetchCount  = 10_000
	defaultRequestSize = 1 << 20
	defaultLogins      = 1
	leastSecret        = 32 // bytes
)

// resolved returns o with every default filled in, or what is wrong with it.
func (o *Options) resolved() (Options, error) {
	var r Options
	if o != nil {
		r = *o
	}
	if r.DynamicMapping == "" {
		r.DynamicMapping = "false"
	}
	if r.NewID == nil {
		r.NewID = newUUID
	}
	if r.Logger == nil {
		r.Logger = slog.New(slog.DiscardHandler)
	}
	if r.Clock == nil {
		r.Clock = systemClock{}
	}
	for _, n := range []struct {
		value    *int
		name     string
		default_ int
	}{
		{&r.DocumentsWriteCount, "DocumentsWriteCount", defaultWriteCount},
		{&r.DocumentsFetchCount, "DocumentsFetchCount", defaultFetchCount},
		{&r.MaxRequestSize, "MaxRequestSize", defaultRequestSize},
		{&r.LoginsPerSecond, "LoginsPerSecond", defaultLogins},
		{&r.PasswordMemory, "PasswordMemory", int(accounts.DefaultCost.Memory)},
		{&r.PasswordPasses, "PasswordPasses", int(accounts.DefaultCost.Passes)},
	} {
		if *n.value < 0 {
			return r, fmt.Errorf("%w options: %s must not be negative", kuzzlite.ErrInvalid, n.name)
		}
		if *n.value == 0 {
			*n.value = n.default_
		}
	}
	if err := r.checkSecurity(); err != nil {
		return r, err
	}
	switch r.DynamicMapping {
	case "true", "false", "strict":
		return r, nil
	}
	return r, fmt.Errorf(`%w options: DynamicMapping must be "true", "false" or "strict"`, kuzzlite.ErrInvalid)
}

// checkSecurity checks what is about tokens and passwords.
func (o *Options) checkSecurity() error {
	if o.TokenSecret != nil && len(o.TokenSecret) < leastSecret {
		return fmt.Errorf("%w options: TokenSecret must have at least %d bytes", kuzzlite.ErrInvalid, leastSecret)
	}
	for _, d := range []struct {
		value time.Duration
		name  string
	}{
		{o.TokenLifetime, "TokenLifetime"}, {o.MaxTokenLifetime, "MaxTokenLifetime"},
		{o.MaxAPIKeyLifetime, "MaxAPIKeyLifetime"},
	} {
		if d.value < 0 {
			return fmt.Errorf("%w options: %s must not be negative", kuzzlite.ErrInvalid, d.name)
		}
	}
	if o.PasswordMemory > accounts.MostCost.Memory || o.PasswordPasses > accounts.MostCost.Passes {
		return fmt.Errorf("%w options: PasswordMemory must be at most %d KiB, and PasswordPasses %d", kuzzlite.ErrInvalid,
			accounts.MostCost.Memory, accounts.MostCost.Passes)
	}
	return nil
}
