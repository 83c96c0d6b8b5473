package command

import (
	"encoding/csv"
	"strings"
)

// Lists of fields as one argument, with commas between them. A field with a comma in its name stands in double quotes,
// as in CSV, which is how pflag reads flags of this kind.

// splitList takes a list apart.
func splitList(text string) ([]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	fields, err := r.Read()
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, usage("%q is no list of fields: it must be such as a,b.c", text)
	}
	return fields, nil
}

// joinList is the inverse of splitList.
func joinList(fields []string) string {
	var s strings.Builder
	w := csv.NewWriter(&s)
	_ = w.Write(fields) // into a strings.Builder
	w.Flush()
	return strings.TrimSuffix(s.String(), "\n")
}
