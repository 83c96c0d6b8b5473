package request

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestElements(t *testing.T) {
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	for _, want := range [][]string{
		nil, {"1"}, {`"a,]"`, `{"b":[1,2],"c":"}"}`, "[]", "null", "-1.5e+21"}, {deep, "2"}, {`{"a":` + deep + `}`},
	} {
		list := json.RawMessage("[" + strings.Join(want, ",") + "]")
		var got []string
		for element := range Elements(list) {
			got = append(got, string(element))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%.50s: %.50q, want %.50q", list, got, want)
		}
		for element := range Elements(list) {
			if string(element) != want[0] {
				t.Errorf("%.50s begins with %.50s", list, element)
			}
			break
		}
	}
}
