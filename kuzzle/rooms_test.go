package kuzzle

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// newRestricted returns people with somebody who may do everything of realtime in index a, and nothing in others.
func newRestricted(t *testing.T) (p *people, admin, restricted string) {
	t.Helper()
	p = newPeople(t, &Options{})
	admin = p.admin()
	p.must(admin, "security", "createRole", `{"_id":"r","body":{"controllers":{"realtime":{"actions":{"*":true}}}}}`)
	p.must(admin, "security", "createProfile",
		`{"_id":"p","body":{"rateLimit":0,"policies":[{"roleId":"r","restrictedTo":[{"index":"a"}]}]}}`)
	return p, admin, p.user(admin, "u", "p")
}

// Somebody who may not subscribe in an index cannot join its rooms either, nor count who is there. Rooms have ids that
// can be worked out, and a request with nothing but such an id passed all restrictions.
func TestJoinWhereNotAllowed(t *testing.T) {
	p, admin, restricted := newRestricted(t)
	boss, spy := &listener{id: "boss"}, &listener{id: "spy"}
	for _, index := range []string{"a", "b"} {
		r := p.on(boss).must(admin, "realtime", "subscribe", `{"index":"`+index+`","collection":"c","body":{}}`)
		id := r.(map[string]any)["roomId"].(string)
		body := `{"body":{"roomId":"` + id + `"}}`
		if index == "a" {
			p.on(spy).must(restricted, "realtime", "join", body)
		} else {
			p.on(spy).refused(restricted, "realtime", "join", body, "core.realtime.room_not_found")
		}
		want := map[string]string{"a": `{"count":2}`, "b": `{"count":0}`}[index]
		if got := text(p.on(spy).must(restricted, "realtime", "count", body)); got != want {
			t.Errorf("who may not join a room of index %s counts %s there, want %s", index, got, want)
		}
		p.must(admin, "realtime", "publish", `{"index":"`+index+`","collection":"c","body":{}}`)
		if told := spy.take(); len(told) != map[string]int{"a": 1, "b": 0}[index] {
			t.Errorf("who joins in index %s is told %q", index, told)
		}
		p.on(boss).must(admin, "realtime", "join", body)
	}
}

// Those who stay are told of a connection that is gone in the order of the rooms. The order was a random one.
func TestOrderOfLeaving(t *testing.T) {
	p := newPeople(t, &Options{})
	gone, stays := &listener{id: "gone"}, &listener{id: "stays"}
	var want []string
	for i := range 20 {
		room := fmt.Sprintf(`{"index":"i","collection":"c%02d","users":"all","body":{}}`, i)
		p.on(stays).must("", "realtime", "subscribe", room)
		p.on(gone).must("", "realtime", "subscribe", room)
		want = append(want, fmt.Sprintf(`"collection":"c%02d"`, i))
	}
	stays.take()
	p.server.hub.Leave(gone, p.clock)
	var got []string
	for _, message := range stays.take() {
		_, rest, _ := strings.Cut(message, `"index":"i",`)
		name, _, _ := strings.Cut(rest, ",")
		got = append(got, name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("told of %q, want %q", got, want)
	}
}

// A connection cannot have the server keep filters and volatile data without an end. Others are not concerned, and what
// is unsubscribed counts no more.
func TestBytesOfSubscriptions(t *testing.T) {
	p := newPeople(t, &Options{})
	greedy, other := &listener{id: "greedy"}, &listener{id: "other"}
	large := strings.Repeat("x", 1<<20)
	subscribe := func(n int) string {
		return fmt.Sprintf(`{"index":"i","collection":"c%d","body":{},"volatile":{"x":"%s"}}`, n, large)
	}
	first := ""
	const most = 31 // and a bit, which the rest of each subscription takes
	for n := range most {
		r := p.on(greedy).must("", "realtime", "subscribe", subscribe(n))
		if n == 0 {
			first = r.(map[string]any)["roomId"].(string)
		}
	}
	p.on(greedy).refused("", "realtime", "subscribe", subscribe(most), "core.realtime.too_many_rooms")
	p.on(greedy).must("", "realtime", "subscribe", subscribe(1)) // where it is already
	p.on(other).must("", "realtime", "subscribe", subscribe(most))
	p.on(greedy).must("", "realtime", "unsubscribe", `{"body":{"roomId":"`+first+`"}}`)
	p.on(greedy).must("", "realtime", "subscribe", subscribe(most))
	p.on(greedy).refused("", "realtime", "subscribe", subscribe(0), "core.realtime.too_many_rooms")
	p.server.hub.Leave(greedy, p.clock)
	if rooms, subscriptions := p.server.hub.Figures(); rooms != 1 || subscriptions != 1 {
		t.Errorf("%d rooms and %d subscriptions are left, want those of the other one", rooms, subscriptions)
	}
}

// Subscribers are told of each document of a call that they listen to, with what the call answers of it.
func TestTellOfMany(t *testing.T) {
	p := newPeople(t, &Options{})
	p.must("", "index", "create", `{"index":"i"}`)
	p.must("", "collection", "create", `{"index":"i","collection":"c"}`)
	hears := &listener{id: "hears"}
	write := func(flags string) any {
		return p.must("", "document", "mUpsert", `{"index":"i","collection":"c"`+flags+`,"body":{"documents":[`+
			`{"_id":"a","changes":{"x":1}},{"_id":"b","changes":{"x":2}}]}}`)
	}
	write("")
	p.on(hears).must("", "realtime", "subscribe", `{"index":"i","collection":"c","body":{"exists":"x"}}`)
	p.on(hears).must("", "realtime", "subscribe", `{"index":"i","collection":"other","body":{}}`)
	write(`,"silent":true`)
	if told := hears.take(); len(told) != 0 {
		t.Errorf("of a silent call is told %q", told)
	}
	answer := write("").(map[string]any)["successes"].([]any)
	told := hears.take()
	if len(told) != 2 {
		t.Fatalf("told of %q", told)
	}
	for n, message := range told {
		var got struct {
			Action, Scope string
			Result        any
		}
		if err := json.Unmarshal([]byte(message), &got); err != nil {
			t.Fatal(err)
		}
		if got.Action != "update" || got.Scope != "in" || text(got.Result) != text(answer[n]) {
			t.Errorf("told of %s, the answer is %s", message, text(answer[n]))
		}
	}
}
