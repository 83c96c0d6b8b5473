package command

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// With .use a command of the shell may leave INDEX and COLLECTION out. Mostly the number of its arguments says whether
// it does. Where that leaves both open, as in `delete a b c`, the line names an index if its first word is one; else
// it leaves them out. A write is then done only if the first word is a document of the collection in use: with a
// mistyped index the line would change documents that it is not about. If that word is an index and such a document, a
// write is refused.

// fillIn returns the arguments of a verb with the index and the collection in use before them, if they were left out.
func (s *session) fillIn(ctx context.Context, cmd *cobra.Command, args []string) ([]string, error) {
	if s.index == "" || !s.usedBy(cmd) {
		return args, nil
	}
	least, most, optional := argumentsAfterNames(cmd.Use)
	n := wordsBeforeAssignments(cmd.Use, args)
	leftOut := least <= n && n <= most
	given := optional && n <= 2 && n > 0 || least+2 <= n && n-2 <= most
	if leftOut && given {
		isIndex, err := s.hasIndex(ctx, args[0])
		if err == nil && cmd.GroupID == groupWrite {
			err = s.mustBeClear(ctx, args[0], isIndex)
		}
		if err != nil {
			return nil, err
		}
		leftOut = !isIndex
	}
	if !leftOut {
		return args, s.mustBeNames(ctx, cmd, args)
	}
	return append([]string{s.index, s.collection}, args...), nil
}

// usedBy says whether a verb works on the collection in use. Those that make or destroy indexes and collections do
// not: what they are about is always named.
func (s *session) usedBy(cmd *cobra.Command) bool {
	names := strings.Fields(strings.NewReplacer("[", "", "]", "").Replace(cmd.Use))
	return cmd.GroupID != groupShape && len(names) > 2 && names[1] == "INDEX" && names[2] == "COLLECTION"
}

// argumentsAfterNames returns how many arguments a verb takes after INDEX and COLLECTION, assignments left out, and
// whether those two are optional.
func argumentsAfterNames(use string) (least, most int, optional bool) {
	names := strings.Fields(use)[1:]
	for _, name := range names[2:] {
		switch isOptional := strings.HasPrefix(name, "["); {
		case strings.Contains(name, "="):
			continue
		case !isOptional:
			least++
		}
		most++
		if strings.HasSuffix(name, "...") {
			most = math.MaxInt
		}
	}
	return least, most, strings.HasPrefix(names[0], "[")
}

// wordsBeforeAssignments returns how many arguments come before the first PATH=VALUE, if the verb takes those.
func wordsBeforeAssignments(use string, args []string) int {
	if strings.Contains(use, "=") {
		for i, arg := range args {
			if indexPlain(arg, '=') >= 0 {
				return i
			}
		}
	}
	return len(args)
}

// hasIndex says whether there is an index of that name. A name that no index can have is none.
func (s *session) hasIndex(ctx context.Context, name string) (bool, error) {
	ok, err := s.store.HasIndex(ctx, name)
	if errors.Is(err, kuzzlite.ErrInvalid) {
		return false, nil
	}
	return ok, err
}

// mustBeNames refuses words that are taken for INDEX and COLLECTION, and seem to be a query without its quotes.
func (s *session) mustBeNames(ctx context.Context, cmd *cobra.Command, args []string) error {
	if len(args) < 2 || !strings.Contains(cmd.Use, "[QUERY]") {
		return nil
	}
	isIndex, err := s.hasIndex(ctx, args[0])
	if isIndex || err != nil {
		return err
	}
	return &failure{exitUsage, fmt.Errorf("there is no index %q", args[0]),
		"if a query was meant put quotes around it: '" + strings.Join(args, " ") + "'"}
}

// mustBeClear refuses a word that is neither an index nor a document of the collection in use, and one that is both.
func (s *session) mustBeClear(ctx context.Context, word string, isIndex bool) error {
	isDocument, err := s.store.Collection(s.index, s.collection).Exists(ctx, word)
	switch {
	case err != nil && !errors.Is(err, kuzzlite.ErrInvalid):
		return err
	case isDocument != isIndex:
		return nil
	}
	what := "neither an index, nor a document of"
	hint := "write INDEX and COLLECTION out"
	if isIndex {
		what, hint = "an index, and a document of", hint+", or leave with .use the collection that is in use"
	}
	return &failure{exitUsage, fmt.Errorf("it is not clear what %q is: %s %s/%s", word, what, s.index, s.collection), hint}
}
