package faults

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/kuzzlite/kuzzlite"
)

// Control is how tests in other languages drive a server that fails on demand, over HTTP:
//
//	GET, POST, DELETE /faults    the faults that can still happen; adds one fault, or a list; removes all
//	GET, DELETE /requests        what was asked (?action=controller:action, which may be repeated); forgets that
//	POST /snapshots              remembers the state of the store, and answers {"snapshot": NUMBER}
//	POST /snapshots/NUMBER       brings the store back to that state
//
// Answers are JSON, errors {"error": TEXT} with status 400 or 404. The store must be one in memory for snapshots. It is a
// handler of net/http. Whoever reaches it may do all that.
type Control struct {
	Injector *Injector
	Recorder *Recorder
	Store    *kuzzlite.Store

	mu        sync.Mutex
	snapshots []*kuzzlite.Snapshot
}

// maxControlBody is how large a request may be, in bytes.
const maxControlBody = 1 << 20

// ServeHTTP answers a request.
func (c *Control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { answer(w, c.Injector.Pending(), nil) })
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) { answer(w, true, c.add(w, r)) })
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		c.Injector.Clear()
		answer(w, true, nil)
	})
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, r *http.Request) {
		answer(w, c.Recorder.Requests(r.URL.Query()["action"]...), nil)
	})
	mux.HandleFunc("DELETE /requests", func(w http.ResponseWriter, _ *http.Request) {
		c.Recorder.Forget()
		answer(w, true, nil)
	})
	mux.HandleFunc("POST /snapshots", func(w http.ResponseWriter, _ *http.Request) {
		n, err := c.snapshot()
		answer(w, map[string]int{"snapshot": n}, err)
	})
	mux.HandleFunc("POST /snapshots/{number}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, true, c.restore(r.PathValue("number")))
	})
	mux.ServeHTTP(w, r)
}

// answer answers with a value, or with an error.
func answer(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		v = map[string]string{"error": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(v) // if the client is gone there is nobody to tell
}

// add adds a fault, or a list of them: all, or none.
func (c *Control) add(w http.ResponseWriter, r *http.Request) error {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxControlBody))
	if err != nil {
		return err
	}
	var list []Fault
	if err := json.Unmarshal(text, &list); err != nil {
		var one Fault
		if json.Unmarshal(text, &one) != nil {
			return fmt.Errorf("read faults: %w", err)
		}
		list = []Fault{one}
	}
	return c.Injector.Add(list...)
}

func (c *Control) snapshot() (int, error) {
	s, err := c.Store.Snapshot()
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.snapshots = append(c.snapshots, s)
	return len(c.snapshots), nil
}

func (c *Control) restore(number string) error {
	n, err := strconv.Atoi(number)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || n < 1 || n > len(c.snapshots) {
		return fmt.Errorf("snapshot %q: there are those from 1 to %d", number, len(c.snapshots))
	}
	return c.Store.Restore(c.snapshots[n-1])
}
