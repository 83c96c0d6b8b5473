package kuzzlite

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/mapping"
)

// Recorded writes against mappings, and changes of mappings, on the library with Options.Kuzzle: what the server's
// tests replay as requests is made here by calls. What is left out are searches, and what Kuzzle's server finds wrong itself.

// mappedScenario is a line of testdata/kuzzle/typed.
type mappedScenario struct {
	Name    string
	Dataset string
	Also    []string
	Steps   []vectorStep
}

func TestMappedVectors(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "kuzzle", "typed", "*.jsonl"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	compared, left := 0, map[string]int{}
	for _, file := range files {
		for line := range linesOf(t, file) {
			var s mappedScenario
			if err := json.Unmarshal(line, &s); err != nil {
				t.Fatal(err)
			}
			r := newVectorRun(t, s.Name)
			for _, set := range append(s.Also, s.Dataset) {
				r.dataset(set)
			}
			for n := range s.Steps {
				if reason := r.mappedStep(fmt.Sprintf("%s, step %d", s.Name, n), &s.Steps[n]); reason != "" {
					left[reason]++
				} else {
					compared++
				}
			}
		}
	}
	t.Logf("%d compared; left out: %v", compared, left)
	if compared < 375 {
		t.Errorf("%d compared", compared)
	}
}

// linesOf yields the lines of a file.
func linesOf(t testing.TB, file string) func(yield func([]byte) bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func([]byte) bool) {
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() && yield(lines.Bytes()) {
		}
	}
}

// dataset makes a collection with its mapping and its documents.
func (r *vectorRun) dataset(name string) {
	r.t.Helper()
	var c *Collection
	for line := range linesOf(r.t, filepath.Join("testdata", "kuzzle", "search", "datasets", name+".jsonl")) {
		var in struct {
			Index, Collection string
			Mappings, Body    json.RawMessage
			ID                string `json:"_id"`
		}
		r.ok(json.Unmarshal(line, &in))
		if c == nil {
			c = r.s.Collection(in.Index, in.Collection)
			r.ok(c.UpdateMapping(ctx, Mapping{Mappings: in.Mappings}))
			continue
		}
		r.s.opts.Metadata = false // nobody else uses the store of a scenario
		r.ok(second(c.CreateOrReplace(ctx, in.ID, in.Body)))
		r.s.opts.Metadata = true
	}
}

// strictRejection is the id of an error for which Kuzzle has a text of its own.
const strictRejection = "services.storage.strict_mapping_rejection"

// mappedStep makes a request and compares, or returns why it is left out.
func (r *vectorRun) mappedStep(what string, step *vectorStep) (left string) {
	r.what = what
	r.clock.Advance(time.Second)
	q := vectorRequest{step.Request, step.As}
	action, refusal := q.text("controller")+":"+q.text("action"), step.Response.Error.ID
	var call vectorFunc
	switch {
	case refusal == "services.storage.invalid_mapping":
		return "waits for the server: its own check of mappings"
	case mappingVectors[action] != nil:
		call = mappingVectors[action](&q)
	case refusal == strictRejection && documentVectors[action] != nil:
		call = documentVectors[action](&q)
	default:
		if call, left = vectorCall(&q, step); left != "" {
			return left
		}
	}
	got, _, err := call(r.s.Collection(q.text("index"), q.text("collection")), q.options())
	plain := plainJSON(r.t, got)
	step.Response.Result.value = timeless(step.Response.Result.value, plain)
	timeless(map[string]any{"errors": step.Response.Error.Errors}, plain)
	if refusal == strictRejection {
		r.is(what, err, ErrInvalid)
		return ""
	}
	r.compareAnswer(&q, step, got, err)
	return ""
}

// timeless returns what was recorded with the times that were got.
func timeless(want, got any) any {
	switch w := want.(type) {
	case string:
		if _, isTime := got.(float64); isTime && w == "$time" {
			return got
		}
	case map[string]any:
		g, _ := got.(map[string]any)
		for key, value := range w {
			w[key] = timeless(value, g[key])
		}
	case []any:
		g, _ := got.([]any)
		for i := range min(len(w), len(g)) {
			w[i] = timeless(w[i], g[i])
		}
	}
	return want
}

// mappingVectors are the actions on mappings. The mapping of a request is in its body, alone or beside settings.
var mappingVectors = map[string]func(*vectorRequest) vectorFunc{
	"collection:create": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			return acknowledged, nil, q.updateMapping(c)
		}
	},
	"collection:update": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) { return nil, nil, q.updateMapping(c) }
	},
	"collection:updateMapping": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			if err := q.updateMapping(c); err != nil {
				return nil, nil, err
			}
			m, err := c.Mapping(ctx)
			return json.RawMessage(mapping.WithInfo(m.Mappings)), nil, err
		}
	},
	"collection:getMapping": func(q *vectorRequest) vectorFunc {
		return func(c *Collection, _ *WriteOptions) (any, []string, error) {
			m, err := c.Mapping(ctx)
			switch {
			case err != nil:
				return nil, nil, err
			case q.flag("includeKuzzleMeta"):
				return json.RawMessage(mapping.WithInfo(m.Mappings)), nil, nil
			}
			return m.Mappings, nil, nil
		}
	},
}

func (q *vectorRequest) updateMapping(c *Collection) error {
	m := Mapping{Mappings: q.body("mappings"), Settings: q.body("settings")}
	if m.Mappings == nil && m.Settings == nil && q.text("action") != "update" { // which takes no mapping alone
		m.Mappings = q.args["body"]
	}
	return c.UpdateMapping(ctx, m)
}
