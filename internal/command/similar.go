package command

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Flags that may be meant by one that a verb does not have.

// withSimilarFlags adds to the error of an unknown flag those of the verb that may be meant.
func withSimilarFlags(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	name := unknown.GetSpecifiedName()
	if letters := unknown.GetSpecifiedShortnames(); letters != "" {
		name = letters // as -limit, which pflag takes for many flags of one letter
	}
	if names := similarFlags(cmd, name); len(names) > 0 {
		return usage("%w%s%s", err, suggestions, strings.Join(names, "\n"))
	}
	return err
}

// similarFlags returns the flags of a verb that may be meant by a name, as they are written.
func similarFlags(cmd *cobra.Command, name string) (similar []string) {
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && (isSimilar(name, f.Name) || slices.Contains(flagSynonyms[f.Name], name)) {
			similar = append(similar, "--"+f.Name)
		}
	})
	return similar
}

// isSimilar says whether a word may be a mistyped name, or the beginning of one. Short names must be nearly right.
func isSimilar(word, name string) bool {
	if len(word) < 2 {
		return false
	}
	letters := func(s string) string { return strings.ReplaceAll(s, "-", "") }
	return strings.HasPrefix(name, word) || distance(letters(word), letters(name)) <= min(2, (len(name)-1)/2)
}
