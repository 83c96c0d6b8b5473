package command

import (
	"github.com/kuzzlite/kuzzlite"
	"github.com/spf13/cobra"
)

// shown is what a list shows of each document: all of it, some fields, or the id alone.
type shown struct {
	ids    bool
	paths  []string
	fields *fields // nil: whole documents
}

func (s *shown) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&s.ids, "ids", false, "list ids only")
	f.StringSliceVar(&s.paths, "fields", nil, "`PATHS` of what to list of each document, with commas between them")
}

// check takes in the fields, and refuses flags that make no sense together.
func (s *shown) check(cmd *cobra.Command) (err error) {
	withFields := cmd.Flags().Changed("fields")
	switch {
	case withFields && s.ids:
		return usage("give --ids or --fields, not both")
	case withFields && len(s.paths) == 0:
		return usage("--fields is empty: it must be paths such as a,b.c")
	case withFields:
		s.fields, err = newFields(s.paths)
	}
	return err
}

// headings are those of the list.
func (s *shown) headings() []string {
	switch {
	case s.ids:
		return documentHeadings[:1]
	case s.fields != nil:
		return s.fields.headings()
	}
	return documentHeadings
}

// row is a document in the list.
func (s *shown) row(doc kuzzlite.Document) row {
	switch {
	case s.ids:
		return idRow(doc.ID)
	case s.fields != nil:
		return fieldRow{s.fields, doc}
	}
	return documentRow{doc}
}
