package kuzzle

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// The answers of HTTP.

// nodeName is what the server calls itself among the nodes of a cluster, which has no others.
const nodeName = "kuzzlite"

// headers sets the headers that each answer has.
func (x *exchange) headers() {
	x.w = newPatientWriter(x.w, cmp.Or(x.patience, x.times.patience), x.Server)
	h := x.w.Header()
	h.Set("X-Kuzzle-Node", nodeName)
	h.Set("Access-Control-Allow-Headers", "Content-Type, Access-Control-Allow-Headers, Authorization, X-Requested-With, "+
		"Content-Encoding, Content-Length, X-Kuzzle-Volatile")
	h.Set("Access-Control-Allow-Methods", "GET,POST,PUT,PATCH,DELETE,OPTIONS,HEAD")
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Accept-Encoding", "gzip,deflate,identity")
	if origin := x.r.Header.Get("Origin"); origin != "" && x.allowsOrigin(origin) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Vary", "Origin")
	}
}

// answer sends an answer of the API.
func (x *exchange) answer(a *api.Answer) {
	if a.Lost || a.Cut {
		panic(http.ErrAbortHandler)
	}
	x.headers()
	x.w.Header().Set("X-Kuzzle-Request-Id", a.ID)
	if result, ok := a.Result.(api.WithCookie); ok {
		http.SetCookie(x.w, result.Cookie)
	}
	if u := a.Unwrapped(); u != nil {
		x.stream(u)
		return
	}
	x.send(a.Status(), a.AppendJSON(nil, false))
}

// stream sends a result without the envelope, in pieces as they come. One that fails in the middle ends with the
// connection, so that the client does not take the part for the whole.
func (x *exchange) stream(u api.Unwrapped) {
	h := x.w.Header()
	maps.Copy(h, u.Header())
	h.Set("Content-Encoding", "identity")
	x.w.WriteHeader(http.StatusOK)
	defer context.AfterFunc(x.leaving, x.w.(patientWriter).renew)() // it may wait for the client already
	if _, err := u.WriteTo(x.w); err != nil {
		if x.r.Context().Err() == nil { // else the client has left
			x.opts.Logger.Warn("an answer could not be sent to its end", "error", err)
		}
		panic(http.ErrAbortHandler)
	}
}

// bare sends an error that came before there was a request.
func (x *exchange) bare(err *apierror.Error) {
	x.headers()
	if x.w.Header().Get("Access-Control-Allow-Origin") == "" {
		x.w.Header().Set("Access-Control-Allow-Origin", "*")
	}
	x.send(err.Status, err.AppendJSON(nil))
}

func (x *exchange) send(status int, text []byte) {
	if x.r.URL.Query().Has("pretty") {
		var out bytes.Buffer
		if json.Indent(&out, text, "", "  ") == nil {
			text = out.Bytes()
		}
	}
	encoding := "identity"
	if len(text) >= leastCompressed {
		encoding = accepted(x.r.Header.Get("Accept-Encoding"))
	}
	text = compressed(encoding, text)
	h := x.w.Header()
	h.Set("Content-Type", typeJSON)
	h.Set("Content-Encoding", encoding)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	x.w.WriteHeader(status)
	_, _ = x.w.Write(text) // if the client is gone there is nobody to tell
}

// leastCompressed is how long an answer is that is worth a compression, in bytes.
const leastCompressed = 1 << 10

// accepted returns the compression that a client likes best, of gzip, deflate and identity.
func accepted(header string) string {
	best, most := "identity", 0.0
	for _, name := range []string{"gzip", "deflate"} {
		for part := range strings.SplitSeq(header, ",") {
			fields := strings.Split(part, ";")
			if strings.TrimSpace(strings.ToLower(fields[0])) != name {
				continue
			}
			quality := 1.0
			if i := slices.IndexFunc(fields, func(f string) bool { return strings.HasPrefix(strings.TrimSpace(f), "q=") }); i > 0 {
				quality, _ = strconv.ParseFloat(strings.TrimSpace(fields[i])[2:], 64)
			}
			if quality > most {
				best, most = name, quality
			}
		}
	}
	return best
}

// The writers of compressions, which are large, are used again.
var (
	gzips = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}
	zlibs = sync.Pool{New: func() any { return zlib.NewWriter(io.Discard) }}
)

// compressor is what both kinds of writers do.
type compressor interface {
	io.WriteCloser
	Reset(io.Writer)
}

// compressed returns a text in a compression.
func compressed(encoding string, text []byte) []byte {
	pool := &gzips
	switch encoding {
	case "identity":
		return text
	case "deflate":
		pool = &zlibs
	}
	var out bytes.Buffer
	w := pool.Get().(compressor)
	defer pool.Put(w)
	w.Reset(&out)
	_, _ = w.Write(text) // to memory, which never fails
	_ = w.Close()
	return out.Bytes()
}
