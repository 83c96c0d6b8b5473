package automaton

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// luceneCase is a line of testdata/lucene.jsonl: what Lucene 9.12.0, called as Elasticsearch 8.17.1 calls it,
// answered to a random pattern. matches has a 1 or a 0 for each of the strings.
type luceneCase struct {
	Kind, Pattern  string
	Flags          string
	Fold           bool // case_insensitive
	Edits, Prefix  int
	Transpositions bool
	Strings        []string
	Matches, Error string
}

type matcher interface {
	Match([]byte) bool
	MatchString(string) bool
}

func (c luceneCase) matcher() (matcher, error) {
	switch c.Kind {
	case "regexp":
		flags, err := ParseFlags(c.Flags)
		if err != nil {
			return nil, err
		}
		return Regexp(c.Pattern, Options{Flags: flags, CaseInsensitive: c.Fold})
	case "wildcard":
		return Wildcard(c.Pattern, c.Fold)
	case "prefix":
		return Prefix(c.Pattern, c.Fold), nil
	}
	return Fuzzy(c.Pattern, c.Edits, c.Prefix, c.Transpositions), nil
}

func TestAsLucene(t *testing.T) {
	file, err := os.Open(filepath.Join("testdata", "lucene.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cases := 0
	for lines := bufio.NewScanner(file); lines.Scan(); cases++ {
		var c luceneCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		checkAsLucene(t, lines.Text(), c)
	}
	if cases < 500 {
		t.Errorf("only %d cases", cases)
	}
}

func checkAsLucene(t *testing.T, line string, c luceneCase) {
	t.Helper()
	m, err := c.matcher()
	if err != nil || c.Error != "" {
		if text := errorText(err); text != c.Error {
			t.Errorf("%s\ngot error %q", line, text)
		}
		return
	}
	var matches strings.Builder
	for _, s := range c.Strings {
		is := m.MatchString(s)
		if m.Match([]byte(s)) != is {
			t.Errorf("%s\nMatch and MatchString differ on %q", line, s)
		}
		matches.WriteByte(map[bool]byte{false: '0', true: '1'}[is])
		checkLead(t, c.Pattern, m, s, is)
	}
	if matches.String() != c.Matches {
		t.Errorf("%s\ngot matches %s", line, matches.String())
	}
}

// checkLead sees to it that what matches is told by LiteralPrefix and Literal.
func checkLead(t *testing.T, pattern string, m matcher, s string, is bool) {
	t.Helper()
	a, ok := m.(*Automaton)
	if !ok {
		return
	}
	if lead := a.LiteralPrefix(); is && !strings.HasPrefix(s, lead) {
		t.Errorf("%q matches %q, which does not begin with %q", pattern, s, lead)
	}
	if only, ok := a.Literal(); ok && is != (s == only) {
		t.Errorf("Literal of %q is %q, but whether %q matches is %t", pattern, only, s, is)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
