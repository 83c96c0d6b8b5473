package command

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Completion in the shell: verbs, flags, names and files as cobra completes them for other shells, and dot commands.

// completion is a line after Tab.
type completion struct {
	line    string
	pos     int      // of the cursor, in bytes
	choices []string // what the word can be, if that is not certain
}

// complete completes the word before the cursor as far as it is certain.
func (sh *shell) complete(ctx context.Context, line string, pos int) completion {
	unchanged := completion{line: line, pos: pos}
	words, _, err := splitLine(line[:pos])
	if err != nil {
		return unchanged
	}
	begun := word{start: pos, end: pos}
	last := word{}
	if len(words) > 0 {
		last = words[len(words)-1]
	}
	switch {
	case strings.Contains(line[last.end:pos], "#"): // a comment
		return unchanged
	case len(words) > 0 && last.end == pos:
		begun, words = last, words[:len(words)-1]
	}
	choices := sh.choices(ctx, texts(words), begun.text)
	if len(choices) == 0 {
		return unchanged
	}
	text := shellQuote(commonPrefix(choices))
	if len(choices) == 1 {
		if !strings.HasSuffix(choices[0], string(filepath.Separator)) && !strings.HasPrefix(line[pos:], " ") {
			text += " "
		}
		choices = nil
	} else if len(commonPrefix(choices)) > len(begun.text) {
		choices = nil // what is left is shown by the next Tab
	} else {
		return completion{line, pos, choices}
	}
	return completion{line[:begun.start] + text + line[pos:], begun.start + len(text), choices}
}

// choices returns what a word can be that comes after others, in order.
func (sh *shell) choices(ctx context.Context, words []string, begun string) (choices []string) {
	if len(words) > 0 && strings.HasPrefix(words[0], ".") {
		choices = sh.dotChoices(ctx, words)
	} else {
		if len(words) == 0 {
			for _, c := range dotCommands {
				choices = append(choices, c.name)
			}
		}
		if len(words) > 0 && words[0] == "kuzzlite" {
			words = words[1:]
		}
		choices = append(choices, sh.verbChoices(ctx, words, begun)...)
	}
	choices = slices.DeleteFunc(choices, func(c string) bool { return !strings.HasPrefix(c, begun) })
	slices.Sort(choices)
	return slices.Compact(choices)
}

// dotChoices returns what can follow a dot command.
func (sh *shell) dotChoices(ctx context.Context, words []string) (choices []string) {
	switch args := words[1:]; {
	case words[0] == ".timing" && len(args) == 0:
		choices = []string{"on", "off"}
	case words[0] == ".use" && len(args) == 0:
		choices, _ = sh.open.store.Indexes(ctx)
	case words[0] == ".use" && len(args) == 1:
		choices, _ = sh.open.store.Collections(ctx, args[0])
	}
	return choices
}

// verbChoices asks the command tree what a word can be, as the completion of other shells does: the answer is one
// choice a line, and a last line with a colon and a number.
func (sh *shell) verbChoices(ctx context.Context, words []string, begun string) (choices []string) {
	flag, value := "", begun
	if strings.HasPrefix(begun, "-") {
		if name, after, isValue := strings.Cut(begun, "="); isValue {
			flag, value = name+"=", after
		}
	}
	var answer bytes.Buffer
	a := sh.command(ctx)
	a.out, a.stderr = newOutput(&answer), io.Discard
	args := append([]string{cobra.ShellCompNoDescRequestCmd}, words...)
	if !a.canComplete(words, flag) || a.run(ctx, append(args, begun)) != exitOK {
		return nil
	}
	files := len(words) > 0
	for lines := bufio.NewScanner(&answer); lines.Scan(); {
		line := lines.Text()
		if number, isLast := strings.CutPrefix(line, ":"); isLast {
			directive, _ := strconv.Atoi(number)
			files = files && cobra.ShellCompDirective(directive)&cobra.ShellCompDirectiveNoFileComp == 0
			break
		}
		choices = append(choices, flag+line)
	}
	if files {
		for _, name := range fileChoices(value) {
			choices = append(choices, flag+name)
		}
	}
	return choices
}

// canComplete says whether the command tree understands the words, and the flag, if there is one, whose value is to be
// completed. It is not asked to complete others: cobra writes an error about them to standard error.
func (a *app) canComplete(words []string, flag string) bool {
	cmd, rest, err := a.root().Find(words)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	var valueComes *pflag.ValueRequiredError
	if err != nil && !errors.As(err, &valueComes) {
		return false
	}
	name, isLong := strings.CutPrefix(strings.TrimSuffix(flag, "="), "--")
	return flag == "" || isLong && cmd.Flag(name) != nil
}

// fileChoices returns the names of files that begin like this. Hidden ones must begin with the dot.
func fileChoices(begun string) (choices []string) {
	dir, base := filepath.Split(begun)
	entries, _ := os.ReadDir(filepath.Clean(dir + "."))
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, base) || strings.HasPrefix(name, ".") && base == "" {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.IsDir() {
			name += string(filepath.Separator)
		}
		choices = append(choices, dir+name)
	}
	return choices
}

// commonPrefix returns what all begin with, in whole characters.
func commonPrefix(words []string) string {
	prefix := words[0]
	for _, w := range words[1:] {
		n := 0
		for n < len(prefix) && n < len(w) && prefix[n] == w[n] {
			n++
		}
		prefix = prefix[:n]
	}
	for !utf8.ValidString(prefix) && prefix != "" && utf8.ValidString(words[0]) {
		prefix = prefix[:len(prefix)-1]
	}
	return prefix
}

// maxChoices is how many are shown.
const maxChoices = 100

// inColumns writes words in as many columns as a screen of that width has room for.
func inColumns(words []string, width int) string {
	more := max(0, len(words)-maxChoices)
	words = words[:len(words)-more]
	widest := 0
	for _, w := range words {
		widest = max(widest, utf8.RuneCountInString(printable(w)))
	}
	perLine := max(1, (width+1)/(widest+2))
	var s strings.Builder
	for i, w := range words {
		w = printable(w)
		s.WriteString(w)
		if (i+1)%perLine == 0 || i == len(words)-1 {
			s.WriteByte('\n')
			continue
		}
		s.WriteString(strings.Repeat(" ", widest+2-utf8.RuneCountInString(w)))
	}
	if more > 0 {
		s.WriteString("… and " + strconv.Itoa(more) + " more\n")
	}
	return s.String()
}
