package kuzzle

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// What a frame costs: about so many bytes looked at, and allocated, for each byte of the request, of the documents that
// it touches, and of the answer. It is counted and not timed, so that a request whose cost grows with the square of that
// fails on any machine.
func TestCostOfRequests(t *testing.T) {
	const base = 256 << 10 // bytes, whatever is asked
	for _, tt := range []struct {
		name       string
		size       int // bytes of the documents and fields, about
		before     func(size int) []string
		frame      func(size int) string
		work, heap int
	}{
		{"a long key of many objects", 900_000, nil, func(size int) string {
			return mUpsert(`{"_id":"a","changes":{"` + strings.Repeat("k", size/2) + `":` + fields(size/2, "{}") + `}}`)
		}, 10, 30},
		{"many leaves", 900_000, nil, func(size int) string {
			return mUpsert(`{"_id":"a","changes":` + fields(size, "1") + `}`)
		}, 10, 60},
		{"many leaves of a document that is there", 900_000, func(size int) []string {
			return []string{mUpsert(`{"_id":"a","changes":` + fields(size, "1") + `}`)}
		}, func(size int) string {
			return mUpsert(`{"_id":"a","changes":` + fields(size, "2") + `}`)
		}, 10, 60},
		{"many fields deleted from a large document", 900_000, func(size int) []string {
			return []string{mUpsert(`{"_id":"a","changes":` + fields(size, "1") + `}`)}
		}, func(size int) string {
			var paths []string
			for i := range 2000 {
				paths = append(paths, fmt.Sprintf(`"k%06d"`, 3*i))
			}
			return `{"controller":"document","action":"deleteFields","index":"i","collection":"c","_id":"a","body":{"fields":[` +
				strings.Join(paths, ",") + `]}}`
		}, 10, 60},
		{"one large document that is changed often", 100_000, func(size int) []string {
			return []string{mUpsert(`{"_id":"a","changes":{"v":"` + strings.Repeat("v", size) + `"}}`)}
		}, func(int) string {
			var items []string
			for i := range 200 {
				items = append(items, fmt.Sprintf(`{"_id":"a","changes":{"n":%d}}`, i))
			}
			return mUpsert(items...)
		}, 10, 30},
		{"a field of many large documents", 20_000, func(size int) (list []string) {
			for i := range 200 {
				list = append(list, mUpsert(fmt.Sprintf(`{"_id":"%d","changes":{"v":"%s"}}`, i, strings.Repeat("v", size))))
			}
			return list
		}, func(int) string {
			var items []string
			for i := range 200 {
				items = append(items, fmt.Sprintf(`{"_id":"%d","changes":{"n":%d}}`, i, i))
			}
			return mUpsert(items...)
		}, 10, 60},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{tt.size / 2, tt.size} {
				s := newCounted(t)
				if tt.before != nil {
					for _, frame := range tt.before(size) {
						s.ask(frame)
					}
				}
				frame := tt.frame(size)
				work, heap, answer := s.cost(frame)
				n := size + len(frame) + len(answer)
				if work > tt.work*n+base {
					t.Errorf("%d bytes are looked at for %d, more than %d for each", work, n, tt.work)
				}
				if heap > tt.heap*n+base {
					t.Errorf("%d bytes are allocated for %d, more than %d for each", heap, n, tt.heap)
				}
			}
		})
	}
}

// mUpsert returns a frame.
func mUpsert(items ...string) string {
	return `{"controller":"document","action":"mUpsert","index":"i","collection":"c","body":{"documents":[` +
		strings.Join(items, ",") + `]}}`
}

// fields returns an object of about so many bytes, whose fields all have the same value.
func fields(size int, value string) string {
	var out strings.Builder
	for i := 0; out.Len() < size; i++ {
		fmt.Fprintf(&out, `,"k%06d":%s`, i, value)
	}
	return "{" + out.String()[1:] + "}"
}

// counted is a server whose requests are counted.
type counted struct {
	*Server
	t *testing.T
}

func newCounted(t *testing.T) *counted {
	s, _ := served(t, nil)
	c := &counted{s, t}
	c.ask(`{"controller":"index","action":"create","index":"i"}`)
	c.ask(`{"controller":"collection","action":"create","index":"i","collection":"c"}`)
	return c
}

func (c *counted) ask(frame string) string {
	c.t.Helper()
	answer := string(c.answerFrame(c.t.Context(), origin{protocol: "websocket", received: c.opts.Clock.Now()}, []byte(frame)))
	if !strings.Contains(answer, `"error":null`) || strings.Contains(answer, `"errors":[{`) {
		c.t.Fatalf("%.300s: %.300s", frame, answer)
	}
	return answer
}

// cost is what a request costs, in bytes.
func (c *counted) cost(frame string) (work, heap int, answer string) {
	c.t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work = rawjson.Work(func() { answer = c.ask(frame) })
	runtime.ReadMemStats(&after)
	return work, int(after.TotalAlloc - before.TotalAlloc), answer
}
