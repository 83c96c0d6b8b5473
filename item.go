package kuzzlite

import (
	"encoding/json"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The JSON of what is written: Kuzzle's names of the items of its requests. What Kuzzle has no name for is ifVersion
// and ifAbsent.

// MarshalJSON returns {"_id", "changes", "default"}; the last two only if they are not nil.
func (u Upsert) MarshalJSON() ([]byte, error) {
	return appendItem(u.ID, condition{u.IfVersion, u.IfAbsent}, part{"changes", u.Changes}, part{"default", u.Default})
}

// MarshalJSON returns {"_id", "body"}; the last only if it is not nil.
func (w Write) MarshalJSON() ([]byte, error) {
	return appendItem(w.ID, condition{w.IfVersion, w.IfAbsent}, part{"body", w.Body})
}

// MarshalJSON returns {"_id", "fields"}.
func (d FieldDeletion) MarshalJSON() ([]byte, error) {
	return appendItem(d.ID, condition{version: d.IfVersion}, part{"fields", d.Fields})
}

// part is one member of an item.
type part struct {
	key   string
	value any
}

func appendItem(id string, c condition, parts ...part) ([]byte, error) {
	out := rawjson.AppendString([]byte(`{"_id":`), id)
	for _, p := range parts {
		if b, ok := p.value.([]byte); ok { // JSON already, and not bytes to encode
			p.value = json.RawMessage(b)
		}
		if b, ok := p.value.(json.RawMessage); p.value == nil || ok && len(b) == 0 {
			continue
		}
		text, err := json.Marshal(p.value)
		if err != nil {
			return nil, err
		}
		out = append(append(out, `,"`+p.key+`":`...), text...)
	}
	if c.version != 0 {
		out = strconv.AppendUint(append(out, `,"ifVersion":`...), c.version, 10)
	}
	if c.absent {
		out = append(out, `,"ifAbsent":true`...)
	}
	return append(out, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON wrote. Changes and Default become a json.RawMessage, nil if they are missing.
func (u *Upsert) UnmarshalJSON(text []byte) error {
	var w struct {
		ID        string          `json:"_id"`
		Changes   json.RawMessage `json:"changes"`
		Default   json.RawMessage `json:"default"`
		IfVersion uint64          `json:"ifVersion"`
		IfAbsent  bool            `json:"ifAbsent"`
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	*u = Upsert{ID: w.ID, Changes: rawOrNil(w.Changes), Default: rawOrNil(w.Default), IfVersion: w.IfVersion,
		IfAbsent: w.IfAbsent}
	return nil
}

// UnmarshalJSON reads what MarshalJSON wrote. Body becomes a json.RawMessage, nil if it is missing.
func (w *Write) UnmarshalJSON(text []byte) error {
	var read struct {
		ID        string          `json:"_id"`
		Body      json.RawMessage `json:"body"`
		IfVersion uint64          `json:"ifVersion"`
		IfAbsent  bool            `json:"ifAbsent"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*w = Write{ID: read.ID, Body: rawOrNil(read.Body), IfVersion: read.IfVersion, IfAbsent: read.IfAbsent}
	return nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *FieldDeletion) UnmarshalJSON(text []byte) error {
	var w struct {
		ID        string   `json:"_id"`
		Fields    []string `json:"fields"`
		IfVersion uint64   `json:"ifVersion"`
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	*d = FieldDeletion{ID: w.ID, Fields: w.Fields, IfVersion: w.IfVersion}
	return nil
}

// rawOrNil returns JSON as a value, nil if there is none.
func rawOrNil(text json.RawMessage) any {
	if text == nil {
		return nil
	}
	return text
}
