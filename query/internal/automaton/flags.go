package automaton

import (
	"fmt"
	"strings"
)

// Flags are the optional parts of the syntax of regular expressions. Where one is off, its characters stand for
// themselves. The zero value is All.
type Flags uint8

// The flags, named as in Elasticsearch.
const (
	Intersection Flags = 1 << iota // a&b
	Complement                     // ~a
	Empty                          // # for no string
	AnyString                      // @ for any string
	Interval                       // <1-10>
	None                           // nothing; has no effect beside other flags

	All Flags = 0
)

// has says whether all of a part of the syntax is on.
func (f Flags) has(part Flags) bool { return f == All || f&part != 0 }

var flagNames = map[string]Flags{
	"INTERSECTION": Intersection,
	"COMPLEMENT":   Complement,
	"EMPTY":        Empty,
	"ANYSTRING":    AnyString,
	"INTERVAL":     Interval,
	"NONE":         None,
	"ALL":          All,
}

// ParseFlags reads flags as a regexp clause has them: names in any case, joined by "|". The empty string stands for
// ALL. What follows ALL is not looked at. AUTOMATON, which Lucene knows, is unknown to Elasticsearch. The error has
// Elasticsearch's text, such as "Unknown regexp flag [NOPE]".
func ParseFlags(text string) (Flags, error) {
	if text == "" {
		return All, nil
	}
	flags := None
	for name := range strings.SplitSeq(text, "|") {
		if name == "" {
			continue
		}
		flag, ok := flagNames[strings.ToUpper(name)]
		if !ok {
			return All, fail("Unknown regexp flag [%s]", name)
		}
		if flag == All {
			return All, nil
		}
		flags |= flag
	}
	return flags, nil
}

// fail makes an error with a text of Elasticsearch, which may begin with a capital letter and end with a full stop.
func fail(format string, args ...any) error { return fmt.Errorf(format, args...) }
