package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/kuzzlite/kuzzlite/kuzzle"
)

// What serve loads from files before anything is served.

// loadInto has the server take in a file.
func loadInto(ctx context.Context, server *kuzzle.Server, file, action string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if reason := invalidReason(text); reason != "" {
		return fmt.Errorf("%s: %s", file, reason)
	}
	request := append([]byte(`{"controller":"admin","action":"`+action+`","refresh":"wait_for","body":`), text...)
	if _, err := server.Query(ctx, append(request, '}')); err != nil {
		return fmt.Errorf("%s: %w%s", file, err, firstReason(err))
	}
	return nil
}

// firstReason says why the first of several documents failed, "" if the error is of no document.
func firstReason(err error) string {
	problem := (*kuzzle.Error)(nil)
	if !errors.As(err, &problem) || len(problem.Errors) == 0 {
		return ""
	}
	var byAction map[string]struct {
		Error struct{ Reason string }
	}
	_ = json.Unmarshal(problem.Errors[0], &byAction) // what has another form has no reason
	for _, item := range byAction {
		return "; the first of " + strconv.Itoa(len(problem.Errors)) + ": " + item.Error.Reason
	}
	return ""
}

// createCollections creates the collections that a file of fixtures names, and their indexes, where they are missing.
// What is no such file is left to loadInto, which says what is wrong.
func createCollections(ctx context.Context, server *kuzzle.Server, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var fixtures map[string]map[string][]json.RawMessage
	if json.Unmarshal(text, &fixtures) != nil {
		return nil
	}
	missing := map[string]map[string]struct{}{}
	for index, collections := range fixtures {
		for name := range collections {
			request, err := json.Marshal(map[string]string{
				"controller": "collection", "action": "exists", "index": index, "collection": name,
			})
			if err != nil {
				return err
			}
			var exists bool
			if err := asked(ctx, server, string(request), &exists); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			if !exists {
				if missing[index] == nil {
					missing[index] = map[string]struct{}{}
				}
				missing[index][name] = struct{}{}
			}
		}
	}
	request, err := json.Marshal(map[string]any{"controller": "admin", "action": "loadMappings", "body": missing})
	if err != nil || len(missing) == 0 {
		return err
	}
	if _, err := server.Query(ctx, request); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
