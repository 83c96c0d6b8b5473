package kuzzlite

import (
	"errors"
	"strconv"
	"strings"
)

// The writing verbs, and what Kuzzle says of them: names, statuses, reasons, and the JSON in which they differ.

// verb is what a call does to its documents.
type verb uint8

const (
	verbUpsert verb = iota
	verbCreate
	verbCreateOrReplace
	verbReplace
	verbUpdate
	verbDelete
	verbDeleteFields
	verbLoad
)

// actions are Kuzzle's names of the verbs on many documents.
var actions = [...]string{
	verbUpsert: "mUpsert", verbCreate: "mCreate", verbCreateOrReplace: "mCreateOrReplace", verbReplace: "mReplace",
	verbUpdate: "mUpdate", verbDelete: "mDelete", verbDeleteFields: "mDeleteFields",
	verbLoad: "mLoad",
}

// hasContent says whether the verb takes changes or a body.
func (v verb) hasContent() bool { return v != verbDelete && v != verbDeleteFields }

// generates says whether the verb makes an id for an item that has none.
func (v verb) generates() bool { return v == verbCreate || v == verbCreateOrReplace }

// merges says whether the verb merges changes into documents.
func (v verb) merges() bool { return v == verbUpsert || v == verbUpdate }

// admit says whether the verb can be applied to a document that exists, or does not.
func (v verb) admit(exists bool) (reason string, err error) {
	switch {
	case v == verbCreate && exists:
		return reasonExists, ErrExists
	case !exists && (v == verbReplace || v == verbUpdate || v == verbDelete || v == verbDeleteFields):
		return reasonNotFound, ErrNotFound
	}
	return "", nil
}

// Kuzzle's statuses of documents: those of HTTP, whose package is too much to link for them.
const (
	statusOK          = 200
	statusCreated     = 201
	statusBadRequest  = 400
	statusNotFound    = 404
	statusConflict    = 409
	statusTooLarge    = 413
	statusServerError = 500
)

// statusOf returns the status of a document that failed with err.
func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrNotFound):
		return statusNotFound
	case errors.Is(err, ErrConflict), errors.Is(err, ErrNotUnique):
		return statusConflict
	case errors.Is(err, ErrTooLarge):
		return statusTooLarge
	case errors.Is(err, ErrCorrupt):
		return statusServerError
	}
	return statusBadRequest
}

// errorOf returns the sentinel of a status and a reason: the inverse of statusOf, as far as there is one.
func errorOf(status int, reason string) error {
	switch status {
	case statusNotFound:
		return ErrNotFound
	case statusConflict:
		if strings.HasPrefix(reason, notUniqueReason) {
			return ErrNotUnique
		}
		return ErrConflict
	case statusTooLarge:
		return ErrTooLarge
	case statusServerError:
		return ErrCorrupt
	}
	if reason == reasonExists {
		return ErrExists
	}
	return ErrInvalid
}

// notUniqueReason begins the reasons of documents that are not unique.
const notUniqueReason = "document is not unique: the field index"

// Kuzzle's reasons for refusing a document.
const (
	reasonChanges  = "document changes must be an object"
	reasonDefault  = "document default must be an object"
	reasonBody     = "document body must be an object"
	reasonID       = "document _id must be a string"
	reasonEmptyID  = "document _id must not be empty"
	reasonNotFound = "document not found"
	reasonExists   = "document already exists"

	// One that Kuzzle has no need of.
	reasonCondition = "document cannot be at IfVersion and IfAbsent"
)

// reasonContent is why a verb refuses content that is not an object.
func (v verb) reasonContent() string {
	if v == verbUpsert {
		return reasonChanges
	}
	return reasonBody
}

// document returns an item as Kuzzle shows it in its errors: what was received, without unknown keys.
func (v verb) document(rawID, content, defaults []byte) []byte {
	if v == verbDelete {
		return rawID
	}
	key := `"body"`
	if v == verbUpsert {
		key = `"changes"`
	}
	out := []byte{'{'}
	if rawID != nil {
		out = appendMember(out, []byte(`"_id"`), rawID)
	}
	if content != nil {
		out = appendMember(out, []byte(key), content)
	}
	if defaults != nil {
		out = appendMember(out, []byte(`"default"`), defaults)
	}
	return append(out, '}')
}

// appendOutcome appends the fields by which Kuzzle's actions differ in how they tell creation from update.
func (v verb) appendOutcome(dst []byte, created bool) []byte {
	if v != verbUpdate && v != verbDeleteFields {
		dst = append(dst, `,"created":`...)
		dst = strconv.AppendBool(dst, created)
	}
	switch v {
	case verbCreate, verbCreateOrReplace, verbReplace, verbLoad:
		if created {
			return append(dst, `,"result":"created"`...)
		}
		return append(dst, `,"result":"updated"`...)
	}
	return dst
}
