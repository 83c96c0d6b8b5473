package command

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/outbox"
)

// letterFile makes a store whose outbox has letters: JSON by ids.
func letterFile(t *testing.T, list map[string]string) string {
	t.Helper()
	db := filepath.Join(t.TempDir(), "edge.db")
	const letters = outbox.DefaultName + outbox.LettersSuffix
	must(t, "", "create-collection", "--db", db, "--create", outbox.DefaultIndex, letters)
	must(t, "", "create-consumer", "--db", db, outbox.ConsumerPrefix+outbox.DefaultName)
	for id, l := range list {
		must(t, `{"_id":"`+id+`","changes":`+l+`}`, "mupsert", "--db", db, outbox.DefaultIndex, letters)
	}
	return db
}

// What sends may change or settle a letter between the reading of it and the writing. That was a conflict, and of the
// letters behind it nothing became.
func TestLettersThatChange(t *testing.T) {
	db := letterFile(t, map[string]string{
		"a": `{"index":"i","collection":"c","document":"1","parked":true,"attempts":1}`,
		"b": `{"index":"i","collection":"c","document":"2","parked":true,"attempts":1}`,
		"c": `{"index":"i","collection":"c","document":"3","parked":true,"attempts":1}`,
	})
	var errs bytes.Buffer
	a := &app{out: newOutput(&bytes.Buffer{}), stderr: &errs, db: db}
	a.verb = a.outboxRetry()
	changed, settled := false, false
	err := a.changeLetters(t.Context(), outboxFlags{outbox.DefaultName, outbox.DefaultIndex}, nil, true, "will send",
		func(c anyCollection, l outbox.Letter, o *kuzzlite.WriteOptions) error {
			switch {
			case l.ID == "a" && !changed:
				changed = true
				if _, err := c.Update(t.Context(), "a", json.RawMessage(`{"attempts":2}`)); err != nil {
					t.Fatal(err)
				}
			case l.ID == "b" && !settled:
				settled = true
				if _, err := c.MDelete(t.Context(), []string{"b"}); err != nil {
					t.Fatal(err)
				}
			}
			l.Body = json.RawMessage(`{"attempts":` + string(rune('0'+l.Attempts)) + `}`)
			_, err := c.Replace(t.Context(), l.ID, l, o)
			return err
		})
	if err != nil || !strings.Contains(errs.String(), "will send 2 letters\n") {
		t.Fatalf("%v %s", err, errs.String())
	}
	out := must(t, "", "outbox", "list", "--db", db)
	if !strings.Contains(out, `"body":{"attempts":2}`) || !strings.Contains(out, `"document":"3"`) ||
		strings.Contains(out, `"document":"2"`) {
		t.Error(out)
	}
}

// Letters of whole collections stay with --all, and are not counted among those that are sent.
func TestRetryOfCollections(t *testing.T) {
	db := letterFile(t, map[string]string{
		"a": `{"index":"i","collection":"c","document":"1","parked":true}`,
		"w": `{"index":"i","collection":"c","document":"","parked":true}`,
	})
	code, _, errs := command(t, "", "outbox", "retry", "--db", db, "--all")
	if code != exitOK || !strings.Contains(errs, "letter w is of a whole collection, and stays\n") ||
		!strings.Contains(errs, "will send 1 letter\n") {
		t.Errorf("%d %s", code, errs)
	}
	code, _, errs = command(t, "", "outbox", "retry", "--db", db, "w")
	if code != exitUsage || !strings.Contains(errs, "it is of a whole collection") {
		t.Errorf("%d %s", code, errs)
	}
	if code, _, errs := command(t, "", "outbox", "drop", "--db", db, "--all"); code != exitOK ||
		!strings.Contains(errs, "dropped 2 letters\n") {
		t.Errorf("%d %s", code, errs)
	}
}

// An outbox with an index of its own is not said to have no letters.
func TestOutboxIndex(t *testing.T) {
	db := letterFile(t, map[string]string{"a": `{"index":"i","collection":"c","document":"1","parked":true}`})
	must(t, "", "create-consumer", "--db", db, outbox.ConsumerPrefix+"other")
	must(t, "", "create-collection", "--db", db, "--create", "mail", "other"+outbox.LettersSuffix)
	must(t, `{"_id":"b","changes":{"index":"i","collection":"c","document":"2","parked":true}}`,
		"mupsert", "--db", db, "mail", "other"+outbox.LettersSuffix)
	const says = "outbox other keeps no letters in the index outbox"
	if code, _, errs := command(t, "", "outbox", "list", "--db", db, "--outbox", "other"); code != exitStore ||
		!strings.Contains(errs, says) || !strings.Contains(errs, "--outbox-index") {
		t.Errorf("%d %s", code, errs)
	}
	code, status, errs := command(t, "", "outbox", "status", "--db", db)
	if code != exitOK || !strings.Contains(errs, says) || strings.Count(status, `"parked"`) != 1 ||
		!strings.Contains(status, `"outbox":"other"`) {
		t.Errorf("%d %s%s", code, status, errs)
	}
	out := must(t, "", "outbox", "list", "--db", db, "--outbox", "other", "--outbox-index", "mail")
	if !strings.Contains(out, `"letter":"b"`) {
		t.Error(out)
	}
	if code, _, errs := command(t, "", "outbox", "drop", "--db", db, "x"); code != exitStore ||
		!strings.Contains(errs, "there is no letter x") || !strings.Contains(errs, "lists letters") {
		t.Errorf("%d %s", code, errs)
	}
}
