package kuzzle

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kuzzlite/kuzzlite/internal/push"
)

// push asks for a batch, and returns the outcomes.
func (p *people) push(token, outbox string, number uint64, writes ...push.Write) []push.Outcome {
	p.t.Helper()
	a := p.pushed(token, outbox, number, writes...)
	if a.Stale != "" || len(a.Outcomes) != len(writes) {
		p.t.Fatalf("batch %d: %+v", number, a)
	}
	return a.Outcomes
}

func (p *people) pushed(token, outbox string, number uint64, writes ...push.Write) (a push.Answer) {
	p.t.Helper()
	result := p.must(token, "kuzzlite", "push", batchOf(p.t, outbox, number, writes...))
	if err := json.Unmarshal([]byte(text(result)), &a); err != nil {
		p.t.Fatal(err)
	}
	return a
}

func batchOf(t testing.TB, outbox string, number uint64, writes ...push.Write) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"body": push.Batch{Outbox: outbox, Number: number, Writes: writes}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (p *people) receipt(token, outbox string) (r *push.Receipt) {
	p.t.Helper()
	result := p.must(token, "kuzzlite", "receipt", `{"body":{"outbox":"`+outbox+`"}}`)
	if err := json.Unmarshal([]byte(text(result)), &r); err != nil {
		p.t.Fatal(err)
	}
	return r
}

func writeOf(kind push.Kind, id, body string, remove ...string) push.Write {
	return push.Write{Index: "i", Collection: "c", ID: id, Kind: kind, Body: json.RawMessage(body), Remove: remove, Sequence: 5}
}

// byActions does a write with the actions of Kuzzle.
func (p *people) byActions(token string, w push.Write) (out push.Outcome) {
	p.t.Helper()
	action := map[push.Kind]string{
		push.Merge: "mUpsert", push.Update: "mUpdate", push.Replace: "mCreateOrReplace", push.Delete: "mDelete",
	}[w.Kind]
	member := "body"
	if w.Kind == push.Merge {
		member = "changes"
	}
	silent := ""
	if w.Silent {
		silent = `"silent":true,`
	}
	body := fmt.Sprintf(`"body":{"documents":[{"_id":%q,%q:%s}]}}`, w.ID, member, w.Body)
	if w.Kind == push.Delete {
		body = fmt.Sprintf(`"body":{"ids":[%q]}}`, w.ID)
	}
	result := p.must(token, "document", action, `{"index":"i","collection":"c",`+silent+body)
	var r struct {
		Successes []json.RawMessage
		Errors    []push.Outcome
	}
	if err := json.Unmarshal([]byte(text(result)), &r); err != nil {
		p.t.Fatal(err)
	}
	if len(r.Errors) > 0 {
		return r.Errors[0]
	}
	var done struct {
		Status  int
		Version uint64 `json:"_version"`
	}
	if w.Kind == push.Delete {
		return push.Outcome{Status: 200}
	}
	if err := json.Unmarshal(r.Successes[0], &done); err != nil {
		p.t.Fatal(err)
	}
	out = push.Outcome{Status: done.Status, Version: done.Version}
	if len(w.Remove) > 0 {
		fields, _ := json.Marshal(w.Remove)
		left := p.must(token, "document", "deleteFields", fmt.Sprintf(
			`{"index":"i","collection":"c",%s"_id":%q,"body":{"fields":%s}}`, silent, w.ID, fields)).(map[string]any)
		out.Version = uint64(left["_version"].(float64))
	}
	return out
}

// pushPeople returns people of a server with a mapping and a listener, an administrator's token, and what has been told.
func pushPeople(t *testing.T, mapping string) (p *people, token string, told func() []string) {
	t.Helper()
	p = newPeople(t, &Options{})
	token = p.admin()
	p.must(token, "collection", "create", `{"index":"i","collection":"c","body":{"mappings":`+mapping+`}}`)
	l := &listener{id: "l"}
	for _, filter := range []string{`{}`, `{"range":{"n":{"gt":2}}}`} {
		p.on(l).must(token, "realtime", "subscribe", `{"index":"i","collection":"c","body":`+filter+`}`)
	}
	return p, token, func() (list []string) {
		for _, message := range l.take() {
			var m map[string]any
			if err := json.Unmarshal([]byte(message), &m); err != nil {
				t.Fatal(err)
			}
			delete(m, "requestId")
			list = append(list, text(m))
		}
		return list
	}
}

// What is pushed becomes what Kuzzle's actions make of it: the same documents with the same metadata, refusals and
// versions, and subscribers are told the same.
func TestPushIsAsActions(t *testing.T) {
	for name, mapping := range map[string]string{
		"dynamic": `{"dynamic":"true","properties":{"n":{"type":"integer"}}}`,
		"strict":  `{"dynamic":"strict","properties":{"n":{"type":"integer"},"m":{"type":"keyword"}}}`,
		"false":   `{"dynamic":"false","properties":{"n":{"type":"integer"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			here, token, toldHere := pushPeople(t, mapping)
			there, tokenThere, toldThere := pushPeople(t, mapping)
			r := rand.New(rand.NewPCG(1, 2))
			bodies := []string{`{}`, `{"n":1}`, `{"n":3}`, `{"n":"no number"}`, `{"m":"x"}`, `{"other":{"a":1,"b":[1]}}`,
				`{"n":4,"m":"y"}`, `{"_kuzzle_info":{"author":"me"}}`, `{"n":null}`}
			for number := range 400 {
				w := writeOf(push.Kind(1+r.IntN(4)), fmt.Sprint(r.IntN(4)), bodies[r.IntN(len(bodies))])
				if w.Silent = r.IntN(4) == 0; w.Kind == push.Update && r.IntN(2) == 0 {
					w.Remove = []string{"m", "other.a"}
				}
				want := there.byActions(tokenThere, w)
				got := here.push(token, "o", uint64(number+1), w)[0]
				if w.Kind == push.Delete {
					got.Version = 0 // which mDelete does not tell
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Fatalf("%d %+v: - action, + push: %s", number, w, d)
				}
				if d := cmp.Diff(toldThere(), toldHere()); d != "" {
					t.Fatalf("%d %+v: told: %s", number, w, d)
				}
				here.clock.Advance(time.Second)
				there.clock.Advance(time.Second)
			}
			ids := `{"index":"i","collection":"c","body":{"ids":["0","1","2","3"]}}`
			docs, wanted := here.must(token, "document", "mGet", ids), there.must(tokenThere, "document", "mGet", ids)
			if d := cmp.Diff(text(wanted), text(docs)); d != "" {
				t.Errorf("documents: %s", d)
			}
			want := there.must(tokenThere, "collection", "getMapping", `{"index":"i","collection":"c"}`)
			got := here.must(token, "collection", "getMapping", `{"index":"i","collection":"c"}`)
			if d := cmp.Diff(text(want), text(got)); d != "" {
				t.Errorf("mapping: %s", d)
			}
		})
	}
}

// A batch is done once, by a server that was started anew, too. One that is not the last, or that another store with the
// same outbox has sent, is stale. What one user has had done is none of the others' business.
func TestPushOnce(t *testing.T) {
	p, token, told := pushPeople(t, `{"dynamic":"true"}`)
	other := p.user(token, "ada", "admin")
	if r := p.receipt(token, "o"); r != nil {
		t.Errorf("a receipt of nothing: %+v", r)
	}
	writes := []push.Write{writeOf(push.Merge, "a", `{"n":1}`), writeOf(push.Update, "none", `{}`)}
	first := p.push(token, "o", 7, writes...)
	p.must(token, "document", "update", `{"index":"i","collection":"c","_id":"a","body":{"n":2}}`)
	told()
	p = peopleOf(t, p.store, p.clock, &Options{})
	if d := cmp.Diff(first, p.push(token, "o", 7, writes...)); d != "" {
		t.Errorf("asked again: %s", d)
	}
	doc := p.must(token, "document", "get", `{"index":"i","collection":"c","_id":"a"}`).(map[string]any)
	if doc["_version"] != 2.0 || len(told()) != 0 {
		t.Errorf("a batch was done twice: %v", doc)
	}
	want := &push.Receipt{Number: 7, Items: []push.Item{
		{Index: "i", Collection: "c", ID: "a", Sequence: 5, Outcome: first[0]},
		{Index: "i", Collection: "c", ID: "none", Sequence: 5, Outcome: first[1]},
	}}
	if d := cmp.Diff(want, p.receipt(token, "o")); d != "" {
		t.Errorf("receipt: %s", d)
	}
	if r := p.receipt(other, "o"); r != nil {
		t.Errorf("another user has the receipt: %+v", r)
	}
	for number, list := range map[uint64][]push.Write{6: writes, 7: writes[:1]} {
		if a := p.pushed(token, "o", number, list...); a.Stale == "" || len(a.Outcomes) > 0 {
			t.Errorf("batch %d with %d writes: %+v", number, len(list), a)
		}
	}
	p.push(other, "o", 1, writes...)
	p.push(token, "another", 1, writes...)
	p.push(token, "o", 8, writeOf(push.Delete, "a", ""))
	if d := cmp.Diff(first, p.push(other, "o", 1, writes...), cmp.FilterPath(func(p cmp.Path) bool {
		return strings.HasSuffix(p.String(), "Version") || strings.HasSuffix(p.String(), "Status")
	}, cmp.Ignore())); d != "" {
		t.Errorf("of another user: %s", d)
	}
}

// The collection of a batch that is done may be gone when the batch is asked again; of others it must be there, and be one
// of the clients'.
func TestPushToCollections(t *testing.T) {
	p, token, _ := pushPeople(t, `{"dynamic":"true"}`)
	w := writeOf(push.Merge, "a", `{"n":1}`)
	p.push(token, "o", 1, w)
	p.must(token, "collection", "delete", `{"index":"i","collection":"c"}`)
	p.push(token, "o", 1, w)
	p.refused(token, "kuzzlite", "push", batchOf(t, "o", 2, w), "services.storage.unknown_collection")
	p.refused(token, "kuzzlite", "push", batchOf(t, "o", 2, push.Write{Kind: push.Truncate, Index: "i", Collection: "c"}),
		"services.storage.unknown_collection")
	none := w
	none.Index = "none"
	p.refused(token, "kuzzlite", "push", batchOf(t, "o", 2, none), "services.storage.unknown_index")
	for _, kind := range []push.Kind{push.Merge, push.Truncate, push.Delete} {
		own := push.Write{Kind: kind, Index: "kuzzle", Collection: "users", ID: "root", Body: json.RawMessage(`{}`)}
		p.refused(token, "kuzzlite", "push", batchOf(t, "o", 2, own), "services.storage.unknown_index")
	}
	drop := push.Write{Kind: push.DeleteCollection, Index: "kuzzle", Collection: "users"}
	create := push.Write{Kind: push.CreateCollection, Index: "kuzzle", Collection: "mine"}
	p.refused(token, "kuzzlite", "push", batchOf(t, "o", 2, create), "services.storage.index_already_exists")
	p.push(token, "o", 2, drop)
	p.must(token, "security", "getUser", `{"_id":"root"}`)
	create.Index, create.Collection = "new", "c"
	for range 2 {
		p.push(token, "o", 3, create)
	}
	p.push(token, "o", 4, create)
	p.must(token, "document", "create", `{"index":"new","collection":"c","_id":"a","body":{}}`)
	for _, kind := range []push.Kind{push.Truncate, push.DeleteCollection, push.DeleteCollection} {
		create.Kind = kind
		p.push(token, "o", 5+uint64(kind), create)
	}
	if got := text(p.must(token, "collection", "exists", `{"index":"new","collection":"c"}`)); got != "false" {
		t.Error("the collection is there")
	}
	p.must(token, "collection", "create", `{"index":"i","collection":"c"}`)
	p.push(token, "o", 20, w)
	for c, err := range p.store.Changes(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Index == "new" && c.Op.String() == "deleteCollection" && c.Origin != "o" || c.ID == "a" && c.Version == 1 &&
			c.Index == "i" && (c.Origin != "o" || c.User != "root") {
			t.Errorf("change %+v", c)
		}
		if c.Index == "kuzzle" && c.Collection == "receipts" && c.ID != "" && (!c.LocalOnly || !c.Silent) {
			t.Errorf("the change of a receipt %+v", c)
		}
	}
}

// Who may do Kuzzle's action may push what does the same; for what they may not do they get 403, and for nothing else.
func TestPushRights(t *testing.T) {
	p, admin, _ := pushPeople(t, `{"dynamic":"true"}`)
	all := []push.Write{
		writeOf(push.Merge, "a", `{"n":1}`), writeOf(push.Update, "b", `{"n":1}`), writeOf(push.Replace, "c", `{"n":1}`),
		writeOf(push.Delete, "d", ``), writeOf(push.Update, "e", `{"n":1}`, "m"), writeOf(push.Truncate, "", ``),
		writeOf(push.CreateCollection, "", ``), writeOf(push.DeleteCollection, "", ``),
	}
	actions := []string{"document:mUpsert", "document:mUpdate", "document:mCreateOrReplace", "document:mDelete",
		"document:deleteFields", "collection:truncate", "collection:create", "collection:delete"}
	for i := range all {
		id := fmt.Sprint("u", i)
		controller, action, _ := strings.Cut(actions[i], ":")
		also := ""
		if action == "deleteFields" {
			also = `"mUpdate":true,`
		}
		p.must(admin, "security", "createRole",
			`{"_id":"`+id+`","body":{"controllers":{"`+controller+`":{"actions":{`+also+`"`+action+`":true}}}}}`)
		p.must(admin, "security", "createProfile", `{"_id":"`+id+`","body":{"policies":[{"roleId":"`+id+
			`","restrictedTo":[{"index":"i","collections":["c"]}]}]}}`)
		token := p.user(admin, id, id)
		elsewhere := all[i]
		elsewhere.Collection = "other"
		for n, w := range append(all, elsewhere) {
			out := p.push(token, "o", uint64(n+1), w, elsewhere)
			allowed := n == i || action == "deleteFields" && n == 1
			if denied := out[0].Status == 403; denied == allowed || out[1].Status != 403 || !strings.Contains(out[1].Reason, ":") {
				t.Errorf("with the right to %s: %+v: %+v", actions[i], w, out)
			}
			if r := p.receipt(token, "o"); (r == nil || r.Number != uint64(n+1)) == allowed {
				t.Errorf("with the right to %s: %+v: the receipt %+v", actions[i], w, r)
			}
		}
		p.must(admin, "collection", "create", `{"index":"i","collection":"c"}`)
	}
	p.refused("", "kuzzlite", "push", batchOf(t, "o", 1, all[0]), "security.rights.unauthorized")
	p.refused("x", "kuzzlite", "push", batchOf(t, "o", 1, all[0]), "security.token.invalid")
	for _, action := range []string{"stats", "backup", "hello", "none"} {
		p.refused("", "kuzzlite", action, "", "security.rights.unauthorized")
	}
}

// What is no batch is refused.
func TestPushOfNothing(t *testing.T) {
	p, token, _ := pushPeople(t, `{"dynamic":"true"}`)
	const bad = "services.storage.unexpected_bad_request"
	p.refused(token, "kuzzlite", "push", `{}`, "api.assert.body_required")
	p.refused(token, "kuzzlite", "receipt", `{"body":{}}`, bad)
	for _, body := range []string{
		`{"outbox":"","number":1,"writes":[]}`, `{"outbox":"` + strings.Repeat("o", 129) + `","number":1,"writes":[]}`,
		`{"outbox":"o","number":-1,"writes":[]}`, `{"outbox":"o","number":1,"writes":{}}`,
		`{"outbox":"o","number":1,"writes":[{"index":"i","collection":"c","id":"a","kind":"other"}]}`,
		`{"outbox":"o","number":1,"writes":[{"index":"i","collection":"c","id":"a"}]}`, `[]`,
	} {
		p.refused(token, "kuzzlite", "push", `{"body":`+body+`}`, bad)
	}
	many := make([]push.Write, 201)
	for i := range many {
		many[i] = writeOf(push.Merge, fmt.Sprint(i), `{}`)
	}
	p.refused(token, "kuzzlite", "push", batchOf(t, "o", 1, many...), "services.storage.write_limit_exceeded")
	for i, o := range p.push(token, "o", 1, many[:200]...) {
		if o.Status != 201 {
			t.Errorf("document %d: %+v", i, o)
		}
	}
	version := uint64(3)
	w := writeOf(push.Merge, "0", `{"n":1}`)
	w.IfVersion = &version
	if got := p.push(token, "o", 2, w, many[1]); got[0].Status != 409 || got[0].Version != 1 || got[1].Status != 200 {
		t.Errorf("of another version: %+v", got)
	}
}
