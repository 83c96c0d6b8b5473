package wire_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
	"github.com/kuzzlite/kuzzlite/query"
)

func pack(t testing.TB, head any, values ...[]byte) []byte {
	t.Helper()
	message, err := wire.Pack(head, values...)
	if err != nil {
		t.Fatal(err)
	}
	return message
}

// filled sets all fields of options that can be set, to something that is not their zero.
func filled(t testing.TB, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Interface().(type) {
		case time.Time:
			f.Set(reflect.ValueOf(time.Date(2026, 11, 18, 8, 0, 0, 5e6, time.UTC)))
		case kuzzlite.Query:
			f.Set(reflect.ValueOf(parsed(t, `a = "\u00e9" or b = 'x'`)))
		case kuzzlite.Order:
			f.Set(reflect.ValueOf(wire.OrderBy(true, "-a", "b\xff")))
		case nil:
			if f.Type() == reflect.TypeFor[kuzzlite.Query]() {
				f.Set(reflect.ValueOf(parsed(t, `a = 1`)))
			} else {
				f.Set(reflect.ValueOf(wire.OrderBy(true, "-a", "b\xff")))
			}
		case *kuzzlite.WriteOptions:
			o := &kuzzlite.WriteOptions{}
			filled(t, reflect.ValueOf(o).Elem())
			f.Set(reflect.ValueOf(o))
		case []string:
			f.Set(reflect.ValueOf([]string{"a", "b\xff", ""}))
		default:
			fill(t, f)
		}
	}
}

func fill(t testing.TB, f reflect.Value) {
	t.Helper()
	switch f.Kind() {
	case reflect.Bool:
		f.SetBool(true)
	case reflect.Int, reflect.Int64:
		f.SetInt(-1 << 50)
	case reflect.Uint8:
		f.SetUint(1)
	case reflect.Uint64:
		f.SetUint(1<<63 + 1)
	case reflect.String:
		f.SetString("<\xff>\n\u2028")
	case reflect.Func:
	case reflect.Struct:
		filled(t, f)
	default:
		t.Fatalf("what is a %v in options?", f.Type())
	}
}

func parsed(t testing.TB, text string) *wire.Query {
	t.Helper()
	q, err := wire.ParseQuery(wire.Short, text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// travel sends a call and returns what arrives.
func travel(t testing.TB, c *wire.Call) *wire.Call {
	t.Helper()
	arrived, _, err := wire.UnpackCall(pack(t, c))
	if err != nil {
		t.Fatal(err)
	}
	return arrived
}

// Every part of a hit travels.
func TestHitTravels(t *testing.T) {
	hit := kuzzlite.Hit{
		Document: kuzzlite.Document{ID: "a", Source: []byte(`{}`), Version: 3, Sequence: 9}, Score: 1.5, Scored: true,
		Sort: []byte(`[1]`), Highlight: []byte(`{"h":[]}`), InnerHits: []byte(`{"i":{}}`), Fields: []byte(`{"f":[]}`),
	}
	for i := range reflect.TypeOf(hit).NumField() {
		if reflect.ValueOf(hit).Field(i).IsZero() {
			t.Errorf("%s is not tried", reflect.TypeOf(hit).Field(i).Name)
		}
	}
	head, values := wire.HitOf(&hit)
	got, err := head.Library(values)
	if err != nil {
		t.Fatal(err)
	}
	check(t, hit, got)
}

// Every field of every set of options travels, also those that are still to come: only functions do not.
func TestOptionsTravel(t *testing.T) {
	var write kuzzlite.WriteOptions
	filled(t, reflect.ValueOf(&write).Elem())
	check(t, &write, travel(t, &wire.Call{Write: wire.WriteOptionsOf(&write)}).Write.Library())
	var list kuzzlite.ListOptions
	filled(t, reflect.ValueOf(&list).Elem())
	check(t, &list, travel(t, &wire.Call{List: wire.ListOptionsOf(&list)}).List.Library())
	var find kuzzlite.FindOptions
	filled(t, reflect.ValueOf(&find).Elem())
	findOf, err := wire.FindOptionsOf(&find)
	if err != nil {
		t.Fatal(err)
	}
	check(t, &find, travel(t, &wire.Call{Find: findOf}).Find.Library())
	var watch kuzzlite.WatchOptions
	filled(t, reflect.ValueOf(&watch).Elem())
	watchOf, err := wire.WatchOptionsOf(&watch)
	if err != nil {
		t.Fatal(err)
	}
	check(t, &watch, travel(t, &wire.Call{Watch: watchOf}).Watch.Library())
	var byQuery kuzzlite.ByQueryOptions
	filled(t, reflect.ValueOf(&byQuery).Elem())
	check(t, &byQuery, travel(t, &wire.Call{ByQuery: wire.ByQueryOptionsOf(&byQuery)}).ByQuery.Library())
	var changes kuzzlite.ChangesOptions
	filled(t, reflect.ValueOf(&changes).Elem())
	check(t, &changes, travel(t, &wire.Call{Changes: &changes}).Changes)
	var consumer kuzzlite.ConsumerOptions
	filled(t, reflect.ValueOf(&consumer).Elem())
	check(t, &consumer, travel(t, &wire.Call{Consumer: &consumer}).Consumer)
	var index kuzzlite.FieldIndexState
	filled(t, reflect.ValueOf(&index).Elem())
	head := wire.FieldIndexOf(index)
	arrived := travel(t, &wire.Call{FieldIndex: &head}).FieldIndex.Library()
	check(t, &index, &arrived)
}

func check(t *testing.T, want, got any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("sent    %+v\narrived %+v", want, got)
	}
}

// What comes back of a store has all its fields, too.
func TestAnswersTravel(t *testing.T) {
	doc := kuzzlite.Document{}
	filledDocument := func(d *kuzzlite.Document) {
		d.ID, d.Source, d.Version, d.Sequence = "a\xff", json.RawMessage(`{"n":1e400}`), 1<<63+1, 7
		d.Created, d.Updated, d.Expires = time.UnixMilli(1).UTC(), time.UnixMilli(2).UTC(), time.UnixMilli(3).UTC()
	}
	filledDocument(&doc)
	heads, sources := wire.DocumentsOf([]kuzzlite.Document{doc, {ID: "key only"}})
	var arrived []wire.Document
	values, err := wire.Unpack(pack(t, heads, sources...), &arrived)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := wire.Documents(arrived, values)
	if err != nil || !reflect.DeepEqual(docs, []kuzzlite.Document{doc, {ID: "key only"}}) {
		t.Errorf("documents: %+v, %v", docs, err)
	}
	change := kuzzlite.Change{
		Sequence: 1 << 63, Time: time.UnixMilli(5).UTC(), Op: kuzzlite.OpExpire, Index: "i", Collection: "c", ID: "a",
		Version: 3, Paths: []string{"a.<b>"}, User: "ada", Silent: true, LocalOnly: true, Origin: "elsewhere", Scope: kuzzlite.ScopeOut, Document: &doc,
	}
	head, of := wire.ChangeOf(&change)
	var back wire.Change
	if values, err = wire.Unpack(pack(t, head, of...), &back); err != nil {
		t.Fatal(err)
	}
	if got, err := back.Library(values); err != nil || !reflect.DeepEqual(got, change) {
		t.Errorf("change: %+v, %v", got, err)
	}
}

// Errors are told apart as before, and have the same text.
func TestErrorsTravel(t *testing.T) {
	one := &kuzzlite.DocumentError{
		Index: "i", Collection: "c", ID: "\xff", Position: 3, Status: 409, Reason: "why", Have: 1, Want: 2,
		Err: fmt.Errorf("deeper: %w", kuzzlite.ErrConflict),
	}
	for _, err := range []error{
		nil, kuzzlite.ErrNotFound, fmt.Errorf("x: %w", kuzzlite.ErrCorrupt), one, fmt.Errorf("call: %w", one), io.EOF,
		fmt.Errorf("%w: %w", context.DeadlineExceeded, query.ErrInvalid), errors.Join(kuzzlite.ErrIncomplete, one),
		errors.New("\xff"),
	} {
		var e *wire.Error
		text, _ := json.Marshal(wire.ErrorOf(err))
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		got := e.Err()
		if err == nil || got == nil {
			if err != nil || got != nil {
				t.Errorf("%v became %v", err, got)
			}
			continue
		}
		if got.Error() != err.Error() {
			t.Errorf("%q became %q", err, got)
		}
		for _, is := range []error{kuzzlite.ErrNotFound, kuzzlite.ErrCorrupt, kuzzlite.ErrConflict, kuzzlite.ErrIncomplete,
			context.DeadlineExceeded, query.ErrInvalid} {
			if errors.Is(err, is) != errors.Is(got, is) {
				t.Errorf("%v is %v: no more", err, is)
			}
		}
		var before, after *kuzzlite.DocumentError
		if errors.As(err, &before) != errors.As(got, &after) || before != nil && (before.ID != after.ID ||
			before.Have != after.Have || before.Want != after.Want || before.Position != after.Position) {
			t.Errorf("%+v became %+v", before, after)
		}
	}
}

// A request with an option that is not known here is an error that names the option.
func TestUnknownOption(t *testing.T) {
	_, _, err := wire.UnpackCall([]byte(`{"write":{"Quick":true}}` + "\n"))
	if !errors.Is(err, wire.ErrMessage) || !strings.Contains(err.Error(), "Quick") {
		t.Errorf("%v", err)
	}
}

// Frames come one after the other, and an end that is none is an error.
func TestFrames(t *testing.T) {
	var text []byte
	for _, payload := range []string{"", "a", strings.Repeat("b", 300)} {
		text = append(wire.AppendFrame(text, wire.FrameItem, len(payload)), payload...)
	}
	for end := range text {
		r, n := wire.NewReader(bytes.NewReader(text[:end])), 0
		for {
			_, payload, err := r.Next()
			if err != nil {
				if !errors.Is(err, wire.ErrCut) {
					t.Fatalf("cut after %d bytes: %v", end, err)
				}
				break
			}
			n += 1 + len(payload)
		}
		if n > end {
			t.Fatalf("%d bytes of %d", n, end)
		}
	}
	for _, bad := range []string{"x\x00", "i\xff\xff\xff\xff\xff\xff\xff\xff\x01"} {
		if _, _, err := wire.NewReader(strings.NewReader(bad)).Next(); !errors.Is(err, wire.ErrMessage) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
