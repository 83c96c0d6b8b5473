package command

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// plainInput is input of documents as they are, rather than of items.
type plainInput struct {
	idField   string
	csv       bool
	strings   bool
	separator string

	idPath []string
	comma  rune
}

const plainHelp = `With --id-field the input is of documents as they are: that field, a string or a number,
is the id, and stays in the document. With --csv it is a table whose first line names the fields, one of
them that of --id-field; what looks like a number, true or false becomes one, what is empty becomes null,
and with --strings everything is a string. --separator ';' or tab is for tables without commas.`

func (p *plainInput) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&p.idField, "id-field", "", "the input is of documents, and this `FIELD` has the id")
	f.BoolVar(&p.csv, "csv", false, "the input is CSV with a header")
	f.StringVar(&p.separator, "separator", ",", "with --csv, the `CHARACTER` between fields, or tab")
	f.BoolVar(&p.strings, "strings", false, "with --csv, all values are strings")
}

// check refuses flags that make no sense together.
func (p *plainInput) check(cmd *cobra.Command) (err error) {
	given := cmd.Flags().Changed("id-field")
	switch {
	case p.strings && !p.csv:
		return usage("--strings is for --csv")
	case cmd.Flags().Changed("separator") && !p.csv:
		return usage("--separator is for --csv")
	case p.csv && !given:
		return usage("--csv needs --id-field: the name of the column that has the ids")
	case given && p.idField == "":
		return usage("--id-field is empty")
	case given && !p.csv:
		p.idPath, err = splitPath(p.idField)
	case p.csv:
		p.comma, err = readSeparator(p.separator)
	}
	return err
}

// readSeparator reads what stands between the fields of a table.
func readSeparator(text string) (rune, error) {
	if text == tabName || text == `\t` {
		return '\t', nil
	}
	c, size := utf8.DecodeRuneInString(text)
	if size == 0 || size < len(text) || strings.ContainsRune("\"\r\n\uFFFD", c) {
		return 0, usage("--separator must be one character, such as ; or |, or the word tab")
	}
	return c, nil
}

// tabName is how --separator names the one character that is hard to type.
const tabName = "tab"

// apply has a reader read such input.
func (p *plainInput) apply(r *itemReader) {
	if p.csv {
		r.table = &table{idField: p.idField, strings: p.strings, comma: p.comma}
	}
	r.idPath = p.idPath
}

// plainItem returns the item of a document whose id is in a field, or the reason why there is none.
func plainItem(dst, doc []byte, idPath []string) (item []byte, reason string) {
	value := doc
	for _, key := range idPath {
		if value = membersOf(value)[key]; value == nil {
			if reason := invalidReason(doc); reason != "" {
				return nil, reason
			}
			return nil, noIDField(idPath)
		}
	}
	id, err := plainID(value)
	if err != nil {
		return nil, fmt.Sprintf("field %q: %v", pathText(idPath), err)
	}
	return appendItem(dst, id, doc), ""
}

func noIDField(idPath []string) string {
	return fmt.Sprintf("the document has no field %q for its id", pathText(idPath))
}

// plainID returns the JSON string of an id that is a string or a number. A number keeps its digits.
func plainID(value []byte) ([]byte, error) {
	switch c := value[0]; {
	case c == '"':
		_, err := readID(value)
		return value, err
	case c == '-' || c >= '0' && c <= '9':
		return append(append([]byte{'"'}, value...), '"'), nil
	}
	return nil, errors.New("an id must be a string or a number")
}

// appendItem appends an item. The id is a JSON string.
func appendItem(dst, id, doc []byte) []byte {
	dst = append(append(dst, `{"_id":`...), id...)
	dst = append(append(dst, `,"changes":`...), doc...)
	return append(dst, '}')
}

// pathText is a path for people.
func pathText(keys []string) (text string) {
	for i, key := range keys {
		if i > 0 {
			text += "."
		}
		text += key
	}
	return text
}
