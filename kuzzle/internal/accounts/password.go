package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// Passwords are kept as Argon2id hashes (RFC 9106), in the usual text form: $argon2id$v=19$m=…,t=…,p=…$salt$hash.

// Cost is what it costs to hash a password: memory in KiB, and how often it is gone over.
type Cost struct{ Memory, Passes int }

// DefaultCost is some ten milliseconds; LowestCost is for tests. MostCost is what it may cost at most, so that
// neither an option nor a damaged hash takes all memory.
var (
	DefaultCost = Cost{Memory: 19 << 10, Passes: 2}
	LowestCost  = Cost{Memory: 8, Passes: 1}
	MostCost    = Cost{Memory: 4 << 20, Passes: 64}
)

const (
	hashesAtOnce = 2  // as each takes memory, and all of a processor
	mostWaiting  = 32 // logins that wait for their turn, some tenths of a second; further ones are refused
	saltLength   = 16
	hashLength   = 32
)

// hash returns the hash of a password. It waits for its turn.
func (a *Accounts) hash(ctx context.Context, password string) (string, error) {
	select {
	case a.hashing <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-a.hashing }()
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // which never fails
	return encodeHash(a.opts.Cost, salt, derive(a.opts.Cost, password, salt)), nil
}

// matches says whether a hash is that of a password; "" is that of nobody's, and costs as much. It waits for its turn,
// and fails at once where too many wait already.
func (a *Accounts) matches(ctx context.Context, hash, password string) (bool, error) {
	select {
	case a.logins <- struct{}{}:
	default:
		return false, apierror.New("api.process.too_many_logins_requests")
	}
	defer func() { <-a.logins }()
	select {
	case a.hashing <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-a.hashing }()
	cost, salt, want, ok := decodeHash(hash)
	if !ok {
		cost, salt, want = a.opts.Cost, make([]byte, saltLength), make([]byte, hashLength)
	}
	same := subtle.ConstantTimeCompare(derive(cost, password, salt), want) == 1
	return ok && same, nil
}

func derive(c Cost, password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, uint32(c.Passes), uint32(c.Memory), 1, hashLength)
}

const hashForm = "$argon2id$v=19$m=%d,t=%d,p=1$"

func encodeHash(c Cost, salt, hash []byte) string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf(hashForm, c.Memory, c.Passes) + encode(salt) + "$" + encode(hash)
}

func decodeHash(text string) (c Cost, salt, hash []byte, ok bool) {
	fields := strings.Split(text, "$")
	if len(fields) != 6 {
		return c, nil, nil, false
	}
	if n, err := fmt.Sscanf(text, hashForm, &c.Memory, &c.Passes); err != nil || n != 2 {
		return c, nil, nil, false
	}
	salt, err := base64.RawStdEncoding.DecodeString(fields[4])
	if err != nil || c.Memory < 0 || c.Memory > MostCost.Memory || c.Passes < 1 || c.Passes > MostCost.Passes {
		return c, nil, nil, false
	}
	hash, err = base64.RawStdEncoding.DecodeString(fields[5])
	return c, salt, hash, err == nil && len(hash) == hashLength
}
