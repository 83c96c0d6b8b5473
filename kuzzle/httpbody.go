package kuzzle

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/javascript"
)

// The bodies of requests of HTTP.

const (
	typeJSON = "application/json"
	typeForm = "application/x-www-form-urlencoded"
	typeFile = "multipart/form-data"
)

// maxLayers is how many compressions may lie over a body.
const maxLayers = 3

// body reads the body as JSON, nil if there is none.
func (x *exchange) body() (json.RawMessage, *apierror.Error) {
	media, boundary, wrong := x.contentType()
	if wrong != nil {
		return nil, wrong
	}
	text, wrong := x.read()
	if wrong != nil || len(text) == 0 {
		return nil, wrong
	}
	switch media {
	case typeForm:
		values, err := url.ParseQuery(string(text))
		if err != nil {
			return nil, unreadable(text, err)
		}
		return formBody(values), nil
	case typeFile:
		return x.multipart(text, boundary)
	}
	value, err := javascript.Normalize(text)
	if err != nil {
		return nil, unreadable(text, err)
	}
	return value, nil
}

// unreadable is the error of a body that cannot be read, which shows how the body begins.
func unreadable(text []byte, err error) *apierror.Error {
	const shown = 50
	begin := strings.ToValidUTF8(string(text[:min(len(text), shown)]), "")
	return apierror.New("network.http.body_parse_failed", err.Error()+": "+begin)
}

// contentType checks the type of the body.
func (x *exchange) contentType() (media, boundary string, wrong *apierror.Error) {
	header := x.r.Header.Get("Content-Type")
	if header == "" {
		return typeJSON, "", nil
	}
	media, _, _ = strings.Cut(header, ";")
	media = strings.TrimSpace(media)
	if !slices.Contains([]string{typeJSON, typeForm, typeFile}, media) {
		return "", "", apierror.New("network.http.unsupported_content", media)
	}
	_, params, _ := mime.ParseMediaType(header)
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return "", "", apierror.New("network.http.unsupported_charset", strings.ToLower(charset))
	}
	return media, params["boundary"], nil
}

// read reads the body, and takes off its compressions: what it becomes may be no larger than a request may be, and
// neither may what lies between two compressions. A few bytes can become terabytes of gzip members that are all empty.
func (x *exchange) read() ([]byte, *apierror.Error) {
	limit := int64(x.opts.MaxRequestSize)
	if x.r.ContentLength > limit {
		return nil, apierror.New("network.http.request_too_large")
	}
	var in io.Reader = http.MaxBytesReader(x.w, x.r.Body, limit)
	layers := compressions(x.r.Header.Get("Content-Encoding"))
	if len(layers) > maxLayers {
		return nil, apierror.New("network.http.too_many_encodings")
	}
	for _, layer := range slices.Backward(layers) {
		var err error
		switch layer {
		case "identity":
		case "gzip":
			in, err = gzip.NewReader(in)
		case "deflate":
			in, err = zlib.NewReader(in)
		default:
			return nil, apierror.New("network.http.unsupported_compression", layer)
		}
		if err != nil {
			return nil, unread(err)
		}
		in = http.MaxBytesReader(nil, io.NopCloser(in), limit)
	}
	text, err := io.ReadAll(io.LimitReader(in, limit+1))
	if int64(len(text)) > limit {
		return nil, apierror.New("network.http.request_too_large")
	}
	return text, unread(err)
}

// compressions are those that a header lists, in the order in which they were made.
func compressions(header string) (list []string) {
	for layer := range strings.SplitSeq(header, ",") {
		if layer = strings.ToLower(strings.TrimSpace(layer)); layer != "" {
			list = append(list, layer)
		}
	}
	return list
}

// unread returns the error of a body that could not be read.
func unread(err error) *apierror.Error {
	if err == nil {
		return nil
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return apierror.New("network.http.request_too_large")
	}
	return apierror.New("network.http.unexpected_error", err.Error())
}

// formBody returns a form as an object of texts.
func formBody(values url.Values) json.RawMessage {
	object := map[string]any{}
	for name, list := range values {
		if object[name] = any(list); len(list) == 1 {
			object[name] = list[0]
		}
	}
	return api.Marshal(object)
}

// multipart returns the parts of a body as an object: texts, and files as {"filename", "encoding", "file"} in base64.
func (x *exchange) multipart(text []byte, boundary string) (json.RawMessage, *apierror.Error) {
	parts := multipart.NewReader(bytes.NewReader(text), boundary)
	object := map[string]any{}
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return api.Marshal(object), nil
		}
		if err != nil {
			return nil, apierror.New("network.http.unexpected_error", err.Error())
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, apierror.New("network.http.unexpected_error", err.Error())
		}
		if part.FileName() == "" {
			object[part.FormName()] = string(content)
			continue
		}
		object[part.FormName()] = map[string]string{
			"filename": part.FileName(), "encoding": part.Header.Get("Content-Transfer-Encoding"),
			"file": base64.StdEncoding.EncodeToString(content),
		}
	}
}
