package command

import "strings"

// Lines of the shell are quoted as in a POSIX shell. Between single quotes every character stands for itself. Between
// double quotes a backslash takes the special meaning from " \ $ and `, elsewhere from any character. A # where a word
// would begin makes the rest of the line a comment. There are no variables, wildcards, pipes or redirections: $ and *
// stand for themselves, and | & ; < > outside of quotes are refused, because to a shell they would mean something else.

// A word is one argument of a line.
type word struct {
	text       string
	start, end int // where the word is in the line, with its quotes
}

// splitLine takes a line apart. If open is not 0 the line is not complete: that quote has not ended, or that backslash
// stands at the very end. The last word is then what there is of it.
func splitLine(line string) (words []word, open byte, err error) {
	for i := 0; i < len(line); {
		switch {
		case isBlank(line[i]):
			i++
		case strings.HasPrefix(line[i:], "\\\n"): // a line that goes on in the next
			i += 2
		case line[i] == '#':
			n := strings.IndexByte(line[i:], '\n')
			if n < 0 {
				return words, 0, nil
			}
			i += n
		default:
			var w word
			w, open, err = readWord(line, i)
			if err != nil {
				return nil, 0, err
			}
			words = append(words, w)
			i = w.end
		}
	}
	return words, open, nil
}

// readWord reads the word that begins at start.
func readWord(line string, start int) (w word, open byte, err error) {
	var text strings.Builder
	i := start
	for i < len(line) && open == 0 && !isBlank(line[i]) {
		switch c := line[i]; c {
		case '\'':
			quoted, _, ended := strings.Cut(line[i+1:], "'")
			text.WriteString(quoted)
			i += 1 + len(quoted)
			if !ended {
				open = c
				break
			}
			i++
		case '"':
			n, ended := readQuoted(&text, line[i+1:])
			i += 1 + n
			if !ended {
				open = c
			}
		case '\\':
			if i++; i == len(line) {
				open = c
			} else {
				if line[i] != '\n' {
					text.WriteByte(line[i])
				}
				i++
			}
		case '|', '&', ';', '<', '>':
			return w, 0, usage("%c is not for this shell: an argument with it has quotes around it, such as 'a%cb'", c, c)
		default:
			text.WriteByte(c)
			i++
		}
	}
	return word{text.String(), start, i}, open, nil
}

// readQuoted reads what comes after a double quote, to the quote that ends it. It returns how many bytes that were.
func readQuoted(text *strings.Builder, s string) (n int, ended bool) {
	for n < len(s) {
		switch {
		case s[n] == '"':
			return n + 1, true
		case s[n] == '\\' && n+1 < len(s) && strings.IndexByte("\"\\$`\n", s[n+1]) >= 0:
			if n++; s[n] != '\n' {
				text.WriteByte(s[n])
			}
		default:
			text.WriteByte(s[n])
		}
		n++
	}
	return n, false
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// texts returns words without where they are.
func texts(words []word) []string {
	var s []string
	for _, w := range words {
		s = append(s, w.text)
	}
	return s
}
