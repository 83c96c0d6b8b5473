package apierror

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		err  *Error
		want string
	}{
		{New("api.assert.missing_argument", "controller"), `{"code":33619971,"id":"api.assert.missing_argument",` +
			`"message":"Missing argument \"controller\".","props":["controller"],"status":400}`},
		{New("security.rights.unauthorized", "server", "now", "-1"), `{"code":117637121,` +
			`"id":"security.rights.unauthorized","message":"Unauthorized: authentication required to execute the action ` +
			`\"server:now\". -1","props":["server","now","-1"],"status":401}`},
		{New("services.storage.invalid_mapping", "a"), `{"code":16842773,"id":"services.storage.invalid_mapping",` +
			`"message":"Invalid mapping property \"mappings.a\".%s","props":["a"],"status":400}`},
		{Plain(500, "Input request data must be a non-null %s", "object"),
			`{"message":"Input request data must be a non-null object","status":500}`},
		{Several("api.process.incomplete_multiple_request", []json.RawMessage{json.RawMessage(`"c1"`)}, "get"),
			`{"code":33685514,"id":"api.process.incomplete_multiple_request","message":"At least one of the get actions ` +
				`failed.","props":["get"],"status":400,"count":1,"errors":["c1"]}`},
		{Of(errors.New("boom")), `{"code":1,"id":"core.fatal.unexpected_error",` +
			`"message":"Caught an unexpected error: boom.","props":["boom"],"status":500}`},
		{New("api.assert.invalid_type", json.RawMessage(`42`), 7), `{"code":33619969,"id":"api.assert.invalid_type",` +
			`"message":"Wrong type for argument \"42\" (expected: 7)","props":[42,7],"status":400}`},
	} {
		if got := string(tt.err.AppendJSON(nil)); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
	if Of(nil) != nil {
		t.Error("no error is one")
	}
}
