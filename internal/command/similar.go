package command

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/suggest"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Verbs and flags that may be meant by those that there are not.

// unknownVerb is how cobra says that there is no such verb.
var unknownVerb = regexp.MustCompile(`^unknown command ("(?:[^"\\]|\\.)*") for `)

// withSimilarVerbs adds to the error of an unknown verb those that may be meant.
func withSimilarVerbs(root *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	match := unknownVerb.FindStringSubmatch(err.Error())
	if match == nil {
		return err
	}
	word, quoteErr := strconv.Unquote(match[1])
	if names := similarVerbs(root, word); quoteErr == nil && len(names) > 0 {
		return usage("%w%s%s", err, suggestions, strings.Join(names, "\n"))
	}
	return err
}

// similarVerbs returns the verbs that may be meant by a word: those that do what the word says, or else those with
// similar names.
func similarVerbs(root *cobra.Command, word string) (synonymous []string) {
	var similar []string
	for _, cmd := range root.Commands() {
		same := func(s string) bool { return strings.EqualFold(s, word) }
		switch {
		case !cmd.IsAvailableCommand():
		case slices.ContainsFunc(cmd.SuggestFor, same):
			synonymous = append(synonymous, cmd.Name())
		case isSimilar(strings.ToLower(word), cmd.Name()):
			similar = append(similar, cmd.Name())
		}
	}
	if len(synonymous) > 0 {
		return synonymous
	}
	return similar
}

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
	return strings.HasPrefix(name, word) || suggest.EditDistance(letters(word), letters(name)) <= min(2, (len(name)-1)/2)
}
