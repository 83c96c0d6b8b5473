package automaton

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// recordings is where recorded searches of Elasticsearch are.
var recordings = filepath.Join("..", "..", "..", "testdata", "kuzzle", "search")

// Recorded searches of one clause over a keyword field: as many documents have to match as there were hits.
func TestRecordedSearches(t *testing.T) {
	tried := map[string]int{}
	for _, name := range []string{"regexp", "wildcard", "prefix", "fuzzy", "errors-query"} {
		for _, line := range readLines(t, filepath.Join(recordings, name+".jsonl")) {
			var scenario recordedScenario
			if err := json.Unmarshal(line, &scenario); err != nil {
				t.Fatal(err)
			}
			if kind := scenario.check(t); kind != "" {
				tried[kind]++
			}
		}
	}
	for _, kind := range []string{"regexp", "wildcard", "prefix", "fuzzy", "regexp error", "fuzzy error"} {
		if tried[kind] == 0 {
			t.Errorf("no recorded search has been tried with a %s: %v", kind, tried)
		}
	}
}

func readLines(t *testing.T, path string) (lines [][]byte) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<22)
	for scanner.Scan() {
		lines = append(lines, bytes.Clone(scanner.Bytes()))
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

type recordedScenario struct {
	Name, Dataset string
	Steps         []struct {
		Request struct {
			Body struct {
				Query map[string]any
			}
		}
		Response struct {
			Result struct{ Total int }
			Error  *struct{ Message string }
		}
	}
}

// check returns the kind of clause that it has checked, such as "regexp" or "regexp error", or nothing.
func (r recordedScenario) check(t *testing.T) string {
	t.Helper()
	for kind, clause := range r.Steps[0].Request.Body.Query {
		fields, _ := clause.(map[string]any)
		for field, options := range fields {
			m, err := recordedMatcher(kind, options)
			if m == nil && err == nil {
				return ""
			}
			response := r.Steps[0].Response
			if response.Error != nil && err == nil {
				return "" // for what is not this package's
			}
			if response.Error != nil {
				if strings.TrimPrefix(response.Error.Message, "failed to create query: ") != err.Error() {
					t.Errorf("%s: %v, want %s", r.Name, err, response.Error.Message)
				}
				return kind + " error"
			}
			hits, ok := hitsOf(t, r.Dataset, field, m)
			if ok && hits != response.Result.Total {
				t.Errorf("%s: %d hits, want %d", r.Name, hits, response.Result.Total)
			}
			if ok {
				return kind
			}
		}
	}
	return ""
}

// recordedMatcher makes what a clause asks for. It returns nothing if the clause is beyond this package.
func recordedMatcher(kind string, options any) (matcher, error) {
	o, ok := options.(map[string]any)
	if !ok {
		o = map[string]any{"value": options}
	}
	value, ok := o["value"].(string)
	if !ok || o["rewrite"] != nil || o["max_expansions"] != nil || o["foo"] != nil {
		return nil, nil
	}
	anyCase, _ := o["case_insensitive"].(bool)
	switch kind {
	case "regexp":
		text, _ := o["flags"].(string)
		flags, err := ParseFlags(text)
		if err != nil {
			return nil, err
		}
		states, _ := o["max_determinized_states"].(float64)
		a, err := Regexp(value, Options{Flags: flags, CaseInsensitive: anyCase, MaxStates: int(states)})
		return a, err
	case "wildcard":
		a, err := Wildcard(value, anyCase)
		return a, err
	case "prefix":
		return Prefix(value, anyCase), nil
	case "fuzzy":
		fuzziness, err := recordedFuzziness(o["fuzziness"])
		return Fuzzy(value, fuzziness.Edits(value), 0, true), err
	}
	return nil, nil
}

func recordedFuzziness(value any) (Fuzziness, error) {
	switch value := value.(type) {
	case string:
		return ParseFuzziness(value)
	case float64:
		return NumberFuzziness(value)
	}
	return AutoFuzziness, nil
}

// hitsOf counts the documents that match in a field. It returns false if the field is no keyword field.
func hitsOf(t *testing.T, dataset, field string, m matcher) (hits int, ok bool) {
	t.Helper()
	lines := readLines(t, filepath.Join(recordings, "datasets", dataset+".jsonl"))
	var head struct{ Mappings map[string]any }
	if err := json.Unmarshal(lines[0], &head); err != nil {
		t.Fatal(err)
	}
	path, longest, ok := keywordField(head.Mappings, field)
	if !ok {
		return 0, false
	}
	for _, line := range lines[1:] {
		var document struct{ Body any }
		if err := json.Unmarshal(line, &document); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(stringsAt(document.Body, path), func(s string) bool {
			return (longest == 0 || utf8.RuneCountInString(s) <= longest) && m.MatchString(s)
		}) {
			hits++
		}
	}
	return hits, true
}

// keywordField returns the path of a keyword field in a document, and how long its strings may be.
func keywordField(mapping map[string]any, field string) (path []string, longest int, ok bool) {
	names := strings.Split(field, ".")
	for i, name := range names {
		for _, inside := range []string{"properties", "fields"} {
			next, ok := mapping[inside].(map[string]any)
			if !ok {
				continue
			}
			if inside == "properties" {
				path = append(path, name)
			}
			mapping, _ = next[name].(map[string]any)
			break
		}
		if mapping == nil || mapping["type"] == "nested" {
			return nil, 0, false
		}
		ignore, _ := mapping["ignore_above"].(float64)
		if i == len(names)-1 && mapping["type"] == "keyword" {
			return path, int(ignore), mapping["null_value"] == nil && mapping["normalizer"] == nil
		}
	}
	return nil, 0, false
}

// stringsAt returns the strings at a path, those in arrays, too.
func stringsAt(value any, path []string) (found []string) {
	switch value := value.(type) {
	case []any:
		for _, one := range value {
			found = append(found, stringsAt(one, path)...)
		}
	case map[string]any:
		if len(path) > 0 {
			found = stringsAt(value[path[0]], path[1:])
		}
	case string:
		if len(path) == 0 {
			found = []string{value}
		}
	}
	return found
}
