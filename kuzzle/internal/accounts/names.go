package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite"
)

// Ids that are made up for users: a few words that people can remember, as Kuzzle has them, or a UUID.

var (
	qualities = strings.Fields(`able amber brave bright calm candid cheerful clever cosmic curious daring deft eager early
		fair fearless gentle golden happy hardy honest humble jolly keen kind lively lucid lucky mellow merry mild modest
		neat nimble noble patient placid polite proud quick quiet rapid ready robust serene sharp silent silver smart solid
		steady sunny swift tender tidy tranquil upbeat valiant vivid warm wise witty young zesty`)
	beings = strings.Fields(`badger beaver bee bison bobcat buzzard camel cat cheetah condor crane cricket crow deer
		dolphin dove eagle egret elk falcon ferret finch fox frog gecko goose hare hawk hedgehog heron horse ibex ibis jackal
		jay kestrel kite koala lark lemur lion llama lynx magpie marten mole moose newt otter owl panda pelican puffin puma
		raven robin salmon seal sparrow stork swan tiger trout turtle`)
)

// userID makes an id of a text that is another one each time.
func userID(unique string, uuid bool) string {
	if uuid {
		return "kuid-" + unique
	}
	sum := sha256.Sum256([]byte(unique))
	n := binary.BigEndian.Uint64(sum[:])
	quality, n := qualities[n%uint64(len(qualities))], n/uint64(len(qualities))
	being, n := beings[n%uint64(len(beings))], n/uint64(len(beings))
	return fmt.Sprintf("kuid-%s-%s-%d", quality, being, n%100_000)
}

// freeUserID makes an id that no user has.
func (a *Accounts) freeUserID(ctx context.Context, tx *kuzzlite.Tx, uuid bool) (string, error) {
	for {
		id := userID(a.opts.NewID(), uuid)
		if text, err := source(ctx, tx, users, id); err != nil || text == nil {
			return id, err
		}
	}
}
