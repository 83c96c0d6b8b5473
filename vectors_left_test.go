package kuzzlite

import (
	"slices"
	"strings"
)

// Which of the recorded requests of vectors_test.go are left out, and what for: other parts of the project, which are
// not there yet.

const (
	leftSearch  = "waits for search: a mapping, or what is found by it"
	leftServer  = "waits for the server: how requests and arguments are read, HTTP"
	leftQueries = "waits for queries: changes and deletions by query"
	leftImport  = "waits for the server: the lines of bulk:import"
)

// envelopeErrors are those that Kuzzle's server finds before it comes to documents and collections.
var envelopeErrors = []string{
	"api.assert.invalid_type", "api.assert.missing_argument", "api.assert.body_required", "api.assert.invalid_argument",
	"api.assert.unsupported_protocol", "api.process.controller_not_found", "api.process.action_not_found",
	"services.storage.invalid_argument",
}

// searchErrors are those of queries and of mappings.
var searchErrors = []string{
	"api.assert.koncorde_restricted_keyword", "services.storage.invalid_query_keyword",
	"services.storage.scroll_duration_too_great", "services.storage.unknown_scroll_id",
	"services.storage.invalid_mapping", "services.storage.strict_mapping_rejection",
}

// reasonLeft says why a request is left out, whatever the store has.
func reasonLeft(q *vectorRequest, step *vectorStep) string {
	action := q.text("controller") + ":" + q.text("action")
	problem := step.Response.Error
	switch {
	case slices.Contains(envelopeErrors, problem.ID), strings.HasPrefix(problem.Message, "Failed to parse int parameter"):
		return leftServer
	case slices.Contains(searchErrors, problem.ID):
		return leftSearch
	case action == "bulk:import":
		return leftImport
	case strings.HasSuffix(action, "ByQuery"):
		return leftQueries
	case action == "collection:create" && problem.ID == "services.storage.unexpected_bad_request",
		documentVectors[action] == nil && storeVectors[action] == nil, action == "document:count" && q.body("query") != nil:
		return leftSearch
	case q.isRouted(), q.unreadable(action):
		return leftServer
	}
	return ""
}

// isRouted says whether what the request means stands in the path of HTTP, and not in the request as it was recorded.
func (q *vectorRequest) isRouted() bool {
	path, _ := q.as["path"].(string)
	path, query, _ := strings.Cut(path, "?")
	for arg := range strings.SplitSeq(query, "&") {
		if key, _, _ := strings.Cut(arg, "="); key != "" && q.args[key] == nil {
			return true
		}
	}
	parts := strings.Split(path, "/")
	return len(parts) > 3 && !strings.HasPrefix(parts[3], "_") && q.args["_id"] == nil
}

// unreadable says whether the server makes something of arguments that are not what they should be.
func (q *vectorRequest) unreadable(action string) bool {
	documents := q.body("documents")
	return action == "document:mUpsert" && !strings.HasPrefix(string(documents), "[") ||
		action == "document:get" && q.text("index") == "" ||
		strings.HasPrefix(string(q.args["body"]), "[")
}

// waitsFor says why a request is left out for what the collection of its documents waits for.
func (r *vectorRun) waitsFor(q *vectorRequest) string {
	switch q.text("controller") {
	case "document", "bulk":
		return r.waits[q.text("index")+"/"+q.text("collection")]
	}
	return ""
}

// mark remembers which collections have a mapping.
func (r *vectorRun) mark(q *vectorRequest) {
	switch action := q.text("controller") + ":" + q.text("action"); {
	case action == "collection:create" && len(q.args["body"]) > len("{}"), action == "collection:updateMapping":
		r.waits[q.text("index")+"/"+q.text("collection")] = leftSearch
	}
}
