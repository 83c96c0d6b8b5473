package kuzzle

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/kuzzlite/kuzzlite"
)

// How much of a call's time the protocol takes. Ratios against peers are in bench/.

// benchDocuments is the documents array of an mUpsert.
func benchDocuments(n, round int) string {
	var s strings.Builder
	for i := range n {
		if i > 0 {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, `{"_id":"d%d","changes":{"n":%d,"name":"document number %d","tags":["a","b"],"at":{"lat":1.5,"lon":2.25}}}`, i, round, i)
	}
	return "[" + s.String() + "]"
}

func BenchmarkMUpsert(b *testing.B) {
	for _, n := range []int{1, 200} {
		b.Run(fmt.Sprint("library/", n), func(b *testing.B) {
			store, _ := kuzzlite.OpenMemory(&kuzzlite.Options{Kuzzle: true})
			defer store.Close()
			_ = store.CreateCollection(ctx, "i", "c")
			col := store.Collection("i", "c")
			for i := 0; b.Loop(); i++ {
				r, err := col.MUpsertJSON(ctx, []byte(benchDocuments(n, i)))
				if err != nil {
					b.Fatal(err)
				}
				_ = r.AppendJSON(nil)
			}
		})
		b.Run(fmt.Sprint("websocket/", n), func(b *testing.B) {
			store, _ := kuzzlite.OpenMemory(nil)
			defer store.Close()
			s, _ := NewServer(store, nil)
			listening := httptest.NewServer(s)
			defer listening.Close()
			conn, _, err := websocket.Dial(ctx, listening.URL, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.CloseNow()
			conn.SetReadLimit(-1)
			_ = store.CreateCollection(ctx, "i", "c")
			for i := 0; b.Loop(); i++ {
				exchangeFrames(b, conn, `{"requestId":"r","controller":"document","action":"mUpsert","index":"i","collection":"c","body":{"documents":`+
					benchDocuments(n, i)+`}}`)
			}
		})
		b.Run(fmt.Sprint("echo/", n), func(b *testing.B) {
			listening := httptest.NewServer(http.HandlerFunc(echo))
			defer listening.Close()
			conn, _, err := websocket.Dial(ctx, listening.URL, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.CloseNow()
			conn.SetReadLimit(-1)
			for i := 0; b.Loop(); i++ {
				exchangeFrames(b, conn, `{"requestId":"r","controller":"document","action":"mUpsert","index":"i","collection":"c","body":{"documents":`+
					benchDocuments(n, i)+`}}`)
			}
		})
	}
}

func exchangeFrames(b *testing.B, conn *websocket.Conn, frame string) {
	if err := conn.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
		b.Fatal(err)
	}
	if _, _, err := conn.Read(ctx); err != nil {
		b.Fatal(err)
	}
}

func echo(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(-1)
	for {
		_, frame, err := conn.Read(context.Background())
		if err != nil || conn.Write(context.Background(), websocket.MessageText, frame) != nil {
			return
		}
	}
}
