package kuzzle

import (
	"fmt"
	"testing"
	"time"
)

const adults = `{"strict":true,"fields":{"age":{"type":"integer","mandatory":true,` +
	`"typeOptions":{"range":{"min":18}}},` +
	`"role":{"type":"string","defaultValue":"user"}},"validators":[{"not":{"equals":{"age":99}}}]}`

func specifying(action, more string) string {
	return `{"controller":"collection","action":"` + action + `"` + more + `}`
}

// What is said of specifications, and what is kept.
func TestSpecifications(t *testing.T) {
	newDialog(t).converse(t, []turn{
		{ask: specifying("getSpecifications", ""), status: 404, want: "validation.assert.not_found",
			text: "No specifications defined for index i and collection c"},
		{ask: specifying("deleteSpecifications", ""), want: `{"acknowledged":true}`},
		{ask: specifying("updateSpecifications", ""), status: 400, want: "api.assert.body_required"},
		{ask: specifying("updateSpecifications", `,"collection":null`), status: 400, text: `Missing argument "collection".`},
		{ask: specifying("updateSpecifications", `,"body":{"fields":{"a":{"type":"x"},"b":{}}}`), status: 400,
			want: "validation.assert.invalid_specifications", text: "Errors occured with the provided specifications:\n" +
				"In \"i.c.a\": unknown type \"x\".\n\t- Missing property \"type\" in field \"i.c.b\"."},
		{ask: specifying("updateSpecifications", `,"index":"kuzzle","body":{}`), status: 412,
			want: "services.storage.unknown_index"},
		{ask: specifying("updateSpecifications", `,"collection":"a/b","body":{}`), status: 400,
			want: "services.storage.invalid_collection_name"},
		{ask: specifying("validateSpecifications", `,"body":{"fields":{"a":{}}}`), want: `{"valid":false,"description":` +
			`"Some errors with provided specifications.","details":["Missing property \"type\" in field \"i.c.a\"."]}`},
		{ask: specifying("validateSpecifications", `,"body":`+adults), want: `{"valid":true}`},
		{ask: specifying("getSpecifications", ""), status: 404},
		{ask: specifying("updateSpecifications", `,"body":{"strict":true,"fields":{"o":{"type":"object"}}}`)},
		{ask: specifying("updateSpecifications", `,"body":`+adults), want: adults},
		{ask: specifying("getSpecifications", ""), want: `{"collection":"c","index":"i","validation":` + adults + `}`},
		{ask: specifying("getMapping", ""), want: `{"dynamic":"false","properties":{}}`},
		{ask: specifying("updateSpecifications", `,"collection":"later","body":{}`), want: `{}`},
		{ask: specifying("deleteSpecifications", ""), want: `{"acknowledged":true}`},
		{ask: specifying("getSpecifications", ""), status: 404},
		{ask: `{"controller":"document","action":"create","body":{}}`},
	})
}

// Specifications go with their collection.
func TestSpecificationsOfDeleted(t *testing.T) {
	newDialog(t).converse(t, []turn{
		{ask: specifying("updateSpecifications", `,"body":`+adults)},
		{ask: specifying("delete", "")},
		{ask: specifying("create", "")},
		{ask: specifying("getSpecifications", ""), status: 404},
		{ask: `{"controller":"document","action":"create","body":{}}`},
	})
}

func documentally(action, more string) string {
	return `{"controller":"document","action":"` + action + `"` + more + `}`
}

// Which writes are validated, and in which order with other checks.
func TestValidation(t *testing.T) {
	const badField, badDocument = "validation.check.failed_field", "validation.check.failed_document"
	r := newDialog(t)
	r.must(t, documentally("create", `,"_id":"old","body":{"age":1,"x":1}`))
	r.must(t, specifying("updateSpecifications", `,"body":`+adults))
	info := func(second int) string {
		return fmt.Sprintf(`{"author":"-1","createdAt":%d,"updatedAt":null,"updater":null}`, 1795000000000+1000*int64(second))
	}
	r.converse(t, []turn{
		{ask: documentally("create", `,"body":{"age":5}`), status: 400, want: badField,
			text: `Validation failed. Field "age": Value 5 is lesser than the allowed minimum (18)`},
		{ask: documentally("create", `,"_id":"a","body":{"age":99}`), status: 400, want: badDocument},
		{ask: documentally("create", `,"_id":"a","body":{"age":20,"z":1}`), status: 400, want: badDocument},
		{ask: documentally("create", `,"_id":"a","body":[1]`), status: 400, want: badDocument},
		{ask: documentally("create", ``), status: 400, want: "api.assert.body_required"},
		{ask: documentally("create", `,"_id":"a","body":{"age":20}`),
			want: `{"_id":"a","_source":{"age":20,"role":"user","_kuzzle_info":` + info(6) + `},"_version":1}`},
		{ask: documentally("createOrReplace", `,"_id":"a","body":{},"refresh":"x"`), status: 400, want: badField},
		{ask: documentally("createOrReplace", `,"_id":"a","body":{"age":20},"refresh":"x"`), status: 400,
			want: "services.storage.invalid_argument"},
		{ask: documentally("replace", `,"_id":"none","body":{}`), status: 400, want: badField},
		{ask: documentally("replace", `,"_id":"none","body":{"age":21}`), status: 404},
		{ask: documentally("update", `,"_id":"none","body":{"age":1}`), status: 404},
		{ask: documentally("update", `,"_id":"a","body":{"age":1}`), status: 400, want: badField},
		{ask: documentally("update", `,"_id":"a","body":{"z":1}`), status: 400, want: badDocument},
		{ask: documentally("update", `,"_id":"old","body":{"age":20}`), status: 400, want: badDocument},
		{ask: documentally("update", `,"_id":"a","body":{"role":null}`), want: `{"_id":"a","_source":{"role":"user",` +
			`"_kuzzle_info":{"author":"-1","createdAt":1795000006000,"updatedAt":1795000015000,"updater":"-1"}},"_version":2}`},
		{ask: `{"controller":"realtime","action":"publish","body":{"age":1}}`, status: 400, want: badField},
		{ask: `{"controller":"realtime","action":"publish","body":{"age":20}}`, want: `{"published":true}`},
		{ask: `{"controller":"realtime","action":"validate","body":{"age":20}}`, want: `{"valid":true,"errorMessages":{}}`},
		{ask: documentally("upsert", `,"_id":"b","body":{"changes":{"z":1}}`)},
		{ask: documentally("mCreate", `,"body":{"documents":[{"body":{"z":1}}]}`)},
		{ask: `{"controller":"bulk","action":"write","body":{"z":1}}`},
	})
}

func TestDocumentValidate(t *testing.T) {
	r := newDialog(t)
	r.must(t, specifying("updateSpecifications", `,"body":`+adults))
	r.converse(t, []turn{
		{ask: documentally("validate", ``), status: 400, want: "api.assert.body_required"},
		{ask: documentally("validate", `,"body":{},"index":null`), status: 400, text: `Missing argument "index".`},
		{ask: documentally("validate", `,"body":{"age":99,"role":1}`),
			want: `{"valid":false,"errorMessages":{"documentScope":` +
				`["The document does not match validation filters."],"fieldScope":{"children":{"role":{"messages":` +
				`["The field must be a string."]}}}}}`},
		{ask: documentally("validate", `,"body":{"age":20}`), want: `{"valid":true,"errorMessages":{}}`},
		{ask: documentally("validate", `,"body":{},"collection":"nope"`), want: `{"valid":true,"errorMessages":{}}`},
	})
}

func TestSearchSpecifications(t *testing.T) {
	r := newDialog(t)
	for _, name := range []string{"a", "b", "d"} {
		r.must(t, specifying("updateSpecifications", `,"collection":"`+name+`","body":{}`))
	}
	hit := func(name string) string {
		return `{"_id":"i#` + name + `","_score":1,"_source":{"collection":"` + name + `","index":"i","validation":{}}}`
	}
	r.converse(t, []turn{
		{ask: specifying("searchSpecifications", ``),
			want: `{"hits":[` + hit("a") + `,` + hit("b") + `,` + hit("d") + `],"total":3}`},
		{ask: specifying("searchSpecifications", `,"from":1,"size":1`), want: `{"hits":[` + hit("b") + `],"total":3}`},
		{ask: specifying("searchSpecifications", `,"body":{"query":{"term":{"collection":"d"}}}`),
			want: `{"hits":[` + hit("d") + `],"total":1}`},
		{ask: specifying("searchSpecifications", `,"size":20000`), status: 413},
		{ask: specifying("searchSpecifications", `,"size":-1`), status: 400},
		{ask: specifying("searchSpecifications", `,"body":[]`), status: 400,
			text: `Wrong type for argument "body.query" (expected: object)`},
		{ask: specifying("searchSpecifications", `,"body":{"sort":[]}`), status: 400, want: badRequest},
		{ask: specifying("searchSpecifications", `,"body":{"query":{"nope":{}}}`), status: 400, want: badRequest},
		{ask: specifying("searchSpecifications", `,"scroll":"100d"`), status: 400,
			want: "services.storage.scroll_duration_too_great"},
		{ask: specifying("searchSpecifications", `,"scroll":"x"`), status: 400, want: badRequest},
		{ask: specifying("scrollSpecifications", ``), status: 400, text: `Missing argument "scrollId".`},
		{ask: specifying("scrollSpecifications", `,"scrollId":"x"`), status: 404,
			want: "services.storage.unknown_scroll_id"},
	})

	scroll := func(id any) map[string]any {
		e := turn{ask: specifying("scrollSpecifications", fmt.Sprintf(`,"scrollId":%q,"scroll":"10s"`, id))}
		return r.ask(e.request(t), false)
	}
	first := turn{ask: specifying("searchSpecifications", `,"size":2,"scroll":"1m"`)}
	id := r.ask(first.request(t), false)["result"].(map[string]any)["scrollId"]
	second, _ := scroll(id)["result"].(map[string]any)
	if !sameJSON(t, `[`+hit("d")+`]`, second["hits"]) || second["total"] != 3.0 {
		t.Errorf("the second page is %v", second)
	}
	if end := scroll(second["scrollId"]); end["status"] != 404.0 {
		t.Errorf("behind the last page: %v", end)
	}
	r.clock.Advance(time.Minute)
	if late := scroll(id); late["status"] != 404.0 {
		t.Errorf("too late: %v", late)
	}
}
