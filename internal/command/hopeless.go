package command

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
)

// maxSame is how many items may fail in the same way, before any has succeeded, until a load stops: it is likely that
// the input is of some other kind, and a million lines are no better than a hundred.
const maxSame = 100

// keepGoingFlag is for the verbs that load.
func keepGoingFlag(cmd *cobra.Command, goOn *bool) {
	cmd.Flags().BoolVar(goOn, "keep-going", false, "go on even if the first 100 items all fail in the same way")
}

// sameness watches whether all items so far have failed in the same way.
type sameness struct {
	kind  string
	n     int
	mixed bool // something succeeded, or failed in some other way
}

func (s *sameness) success() { s.mixed = true }

func (s *sameness) failure(text string) {
	if s.mixed {
		return
	}
	kind := kindOf(text)
	if s.n++; s.n == 1 {
		s.kind = kind
	}
	s.mixed = kind != s.kind
}

// hopeless says whether to stop.
func (s *sameness) hopeless() bool { return !s.mixed && s.n >= maxSame }

// err ends a load that is hopeless. advice is what the input may be, "" if that is not known.
func (s *sameness) err(advice string) error {
	hint := cmp.Or(advice, "see that this is the right input") + ";\nwith --keep-going the command goes on whatever fails"
	return &failure{exitFailed, fmt.Errorf("stopped, because the first %d items failed, all in the same way", s.n), hint}
}

// kindOf is a message without what differs from item to item: numbers, what stands in quotes, and where JSON breaks.
func kindOf(text string) string {
	if strings.Contains(text, "invalid JSON") {
		return "invalid JSON"
	}
	var kind strings.Builder
	quoted := false
	for _, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && !unicode.IsDigit(c):
			kind.WriteRune(c)
		}
	}
	return kind.String()
}
