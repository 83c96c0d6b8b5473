package command

import (
	"bytes"
	"fmt"
	"slices"
)

// The documents of a request of Kuzzle's, {"documents": […]}, or {…, "body": {"documents": […]}, …}, are items like
// those of an array. What else is in it is for a server, and told as ignored. Documents as they are may have documents
// too, and are no request.

// isRequest says whether the documents of a request begin behind what was read of the first object: it ends with [, and
// depth brackets are open. An item can have documents too, so there must be no key of an item.
func (r *itemReader) isRequest(depth int) bool {
	head, isMember := cutSuffix(r.buf[:len(r.buf)-1], ":")
	head, isDocuments := cutSuffix(head, `"documents"`)
	afterMember := bytes.HasSuffix(head, []byte("{")) || bytes.HasSuffix(head, []byte(","))
	if r.idPath != nil || !isMember || !isDocuments || !afterMember {
		return false
	}
	var keys []string
	for key := range topKeys(r.buf) {
		keys = append(keys, string(key))
	}
	for _, key := range itemKeys {
		if slices.Contains(keys, key) {
			return false
		}
	}
	last := len(keys) - 1 // documents itself, or body
	if last < 0 || depth != 2 && (depth != 3 || keys[last] != "body") {
		return false
	}
	r.others, r.braces = keys[:last], depth-1
	return true
}

// itemKeys are those by which an item is told from a request.
var itemKeys = []string{"_id", "changes", "default"}

// cutSuffix is bytes.CutSuffix with white space around what is cut.
func cutSuffix(b []byte, suffix string) ([]byte, bool) {
	b, found := bytes.CutSuffix(bytes.TrimRight(b, " \t\r\n"), []byte(suffix))
	return bytes.TrimRight(b, " \t\r\n"), found
}

// closeRequest reads what may follow the documents of a request, up to its last brace.
func (r *itemReader) closeRequest(at *place) (reason string, err error) {
	for r.braces > 0 {
		c, err := r.skipSpace()
		if err != nil {
			return "", err
		}
		at.line = r.line + 1
		switch c {
		case '}':
			r.discard(1)
			r.braces--
		case ',':
			r.discard(1)
			if reason, err := r.otherMember(); err != nil || reason != "" {
				return reason, err
			}
		default:
			return fmt.Sprintf("a comma or } is expected after the documents, not %q", c), nil
		}
	}
	return "", nil
}

// otherMember reads a member of a request beside the documents.
func (r *itemReader) otherMember() (reason string, err error) {
	const malformed = "what follows the documents is no JSON"
	for _, want := range []byte{'"', ':', 0} {
		c, err := r.skipSpace()
		switch {
		case err != nil:
			return "", err
		case want == ':' && c == want:
			r.discard(1)
			continue
		case want == '"' && c != want, want == ':', bytes.IndexByte([]byte(",]}:"), c) >= 0:
			return malformed, nil
		}
		value, tooLong, err := r.readValue()
		switch {
		case err != nil:
			return "", err
		case !tooLong && invalidReason(value) != "":
			return malformed, nil
		case want == '"' && !tooLong:
			r.others = append(r.others, string(value[1:len(value)-1]))
		}
	}
	return "", nil
}
