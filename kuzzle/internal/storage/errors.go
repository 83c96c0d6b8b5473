package storage

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

func unknownIndex(index string) error { return apierror.New("services.storage.unknown_index", index) }

func unknownCollection(index, collection string) error {
	return apierror.New("services.storage.unknown_collection", index, collection)
}

// Error returns the error of a store's call on a collection as Kuzzle's API has it.
func Error(err error, index, collection string) error {
	if err == nil {
		return nil
	}
	if apiErr := (*apierror.Error)(nil); errors.As(err, &apiErr) {
		return apiErr
	}
	one := (*kuzzlite.DocumentError)(nil)
	switch {
	case errors.Is(err, kuzzlite.ErrUnknownIndex):
		return unknownIndex(index)
	case errors.Is(err, kuzzlite.ErrUnknownCollection):
		return unknownCollection(index, collection)
	case errors.As(err, &one):
		return documentError(one)
	case errors.Is(err, kuzzlite.ErrInvalid), errors.Is(err, kuzzlite.ErrTooLarge):
		return BadRequest(err.Error())
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return apierror.New("api.process.shutting_down")
	}
	return apierror.New("services.storage.unexpected_error", err.Error())
}

// BadRequest is the error of what the storage does not accept.
func BadRequest(reason string) error {
	return apierror.New("services.storage.unexpected_bad_request", reason)
}

// NotFound is the error of a document that does not exist.
func NotFound(id, index, collection string) error {
	return apierror.New("services.storage.not_found", id, index, collection)
}

// strictMapping is the reason of a field that a strict mapping does not have.
var strictMapping = regexp.MustCompile(`mapping set to strict, dynamic introduction of \[([^\]]*)\] within`)

// documentError returns the error of an action on one document.
func documentError(e *kuzzlite.DocumentError) error {
	switch {
	case errors.Is(e, kuzzlite.ErrNotFound):
		return NotFound(e.ID, e.Index, e.Collection)
	case errors.Is(e, kuzzlite.ErrExists), strings.Contains(e.Reason, "version conflict, document already exists"):
		return apierror.New("services.storage.document_already_exists")
	case e.Status == 409 || e.Status >= 500:
		return apierror.New("services.storage.unexpected_error", e.Reason)
	}
	if field := strictMapping.FindStringSubmatch(e.Reason); field != nil {
		return apierror.New("services.storage.strict_mapping_rejection", field[1], e.Index, e.Collection)
	}
	return BadRequest(e.Reason)
}
