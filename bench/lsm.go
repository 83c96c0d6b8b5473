package main

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

// What badger and pebble lack is written here as their users would: a value is the version in 8 bytes and the
// document, and a partial update is one sjson.Set for each leaf that changes, in place where the length allows it,
// which is the fastest way that is to be had off the shelf.

const versionLength = 8

var errMissing = errors.New("document is missing")

// nextValue appends to dst[:0] what follows on the value old, nil if there is none.
func nextValue(dst, old, changes []byte) ([]byte, error) {
	if old == nil {
		dst = binary.BigEndian.AppendUint64(dst[:0], 1)
		return append(dst, changes...), nil
	}
	dst = binary.BigEndian.AppendUint64(dst[:0], binary.BigEndian.Uint64(old)+1)
	dst = append(dst, old[versionLength:]...)
	doc, err := setLeaves(dst[versionLength:], changes)
	if err != nil {
		return nil, err
	}
	if len(doc) > 0 && &doc[0] == &dst[versionLength] { // changed in place
		return dst[:versionLength+len(doc)], nil
	}
	return append(dst[:versionLength], doc...), nil
}

// setLeaves writes each leaf of changes into doc.
func setLeaves(doc, changes []byte) ([]byte, error) {
	return setUnder(doc, "", gjson.ParseBytes(changes))
}

func setUnder(doc []byte, prefix string, changes gjson.Result) (_ []byte, err error) {
	changes.ForEach(func(key, value gjson.Result) bool {
		path := prefix + escapePath(key.Str)
		if value.IsObject() {
			doc, err = setUnder(doc, path+".", value)
		} else {
			doc, err = sjson.SetRawBytesOptions(doc, path, []byte(value.Raw),
				&sjson.Options{Optimistic: true, ReplaceInPlace: true})
		}
		return err == nil
	})
	return doc, err
}

var pathEscaper = strings.NewReplacer(`.`, `\.`, `*`, `\*`, `?`, `\?`, `|`, `\|`, `#`, `\#`, `@`, `\@`)

func escapePath(key string) string {
	if !strings.ContainsAny(key, `.*?|#@`) {
		return key
	}
	return pathEscaper.Replace(key)
}

// splitValue is the inverse of nextValue; it copies.
func splitValue(value []byte) (doc []byte, version uint64, err error) {
	if len(value) < versionLength {
		return nil, 0, errMissing
	}
	return append([]byte(nil), value[versionLength:]...), binary.BigEndian.Uint64(value), nil
}
