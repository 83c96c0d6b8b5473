package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// A dump is a whole store as NDJSON: what dump and salvage write, and load reads. Its lines, in this order:
//
//	{"format":"kuzzlite-dump","version":4}
//	{"index":"shop"}
//	{"index":"shop","collection":"carts","settings":{}}
//	{"index":"shop","collection":"carts","mapping":{"mappings":{"dynamic":"true","properties":{}}}}
//	{"index":"shop","collection":"carts","fieldIndex":{"name":"total","fields":["total"],"unique":false,"sparse":false}}
//	{"index":"shop","collection":"carts","_id":"c1","_version":3,"created":1764460800000,"updated":…,"_source":{…}}
//	{"end":{"indexes":1,"collections":1,"documents":1,"fieldIndexes":1,"mappings":1,"lines":6,"sha256":"…"}}
//
// Times are in ms since 1970. A document that expires has "expires" before its _source, which is byte for byte as it
// is stored. An index has a line before its collections, a collection before its mapping, its field indexes and its
// documents. Dump writes these in this order: load keeps field indexes while it writes the documents, and what is not
// unique is told with its line. The last line has the numbers of the lines before it, without those of field indexes
// and mappings if there are none, and their SHA-256: a dump without that line is cut short. Settings of a collection's line
// are always {}: those that it has stand in its mapping. A key that is not listed here is refused, since it would be
// content that is lost: who adds one counts the version up.

const (
	dumpFormat  = "kuzzlite-dump"
	dumpVersion = 4

	// The versions of builds before the first release: 3 had no mappings, 2 no field indexes, 1 no checksum either. Those
	// from dumpVersionPlain on are read.
	dumpVersionPlain = 2
	dumpVersionOld   = 1
)

// dumpCounts are the lines of a dump.
type dumpCounts struct {
	Indexes      uint64 `json:"indexes"`
	Collections  uint64 `json:"collections"`
	Documents    uint64 `json:"documents"`
	FieldIndexes uint64 `json:"fieldIndexes,omitempty"`
	Mappings     uint64 `json:"mappings,omitempty"`
}

func (c dumpCounts) String() string {
	indexes := "1 index"
	if c.Indexes != 1 {
		indexes = fmt.Sprintf("%d indexes", c.Indexes)
	}
	text := counted(c.Documents, "document") + ", " + counted(c.Collections, "collection") + ", " + indexes
	switch {
	case c.FieldIndexes == 1:
		text += ", 1 field index"
	case c.FieldIndexes > 1:
		text += fmt.Sprintf(", %d field indexes", c.FieldIndexes)
	}
	if c.Mappings > 0 {
		text += ", " + counted(c.Mappings, "mapping")
	}
	return text
}

// dumpWriter writes the lines of a dump.
type dumpWriter struct {
	w      io.Writer
	counts dumpCounts
	sum    dumpSum
	buf    []byte
}

func (d *dumpWriter) line(b []byte) error {
	d.sum.add(b)
	d.buf = append(b, '\n')
	if _, err := d.w.Write(d.buf); err != nil {
		return outputError(err)
	}
	return nil
}

func (d *dumpWriter) head() error {
	return d.line(fmt.Appendf(d.buf[:0], `{"format":"%s","version":%d}`, dumpFormat, dumpVersion))
}

func (d *dumpWriter) index(name string) error {
	d.counts.Indexes++
	return d.line(append(appendJSON(append(d.buf[:0], `{"index":`...), name), '}'))
}

func (d *dumpWriter) collection(index, name string) error {
	d.counts.Collections++
	return d.line(append(d.place(index, name), `,"settings":{}}`...))
}

// place begins a line with a collection.
func (d *dumpWriter) place(index, collection string) []byte {
	b := appendJSON(append(d.buf[:0], `{"index":`...), index)
	return appendJSON(append(b, `,"collection":`...), collection)
}

func (d *dumpWriter) document(index, collection string, doc *kuzzlite.Document) error {
	d.counts.Documents++
	b := appendJSON(append(d.place(index, collection), `,"_id":`...), doc.ID)
	b = strconv.AppendUint(append(b, `,"_version":`...), doc.Version, 10)
	b = strconv.AppendInt(append(b, `,"created":`...), doc.Created.UnixMilli(), 10)
	b = strconv.AppendInt(append(b, `,"updated":`...), doc.Updated.UnixMilli(), 10)
	if !doc.Expires.IsZero() {
		b = strconv.AppendInt(append(b, `,"expires":`...), doc.Expires.UnixMilli(), 10)
	}
	b = append(append(b, `,"_source":`...), doc.Source...)
	return d.line(append(b, '}'))
}

func (d *dumpWriter) end() error {
	end := dumpTrailer{d.counts, d.sum.lines, d.sum.text()}
	return d.line(append(appendJSON(append(d.buf[:0], `{"end":`...), end), '}'))
}

// The kinds of lines of a dump.
type dumpKind int

const (
	dumpHead dumpKind = iota
	dumpIndex
	dumpCollection
	dumpFieldIndex
	dumpMapping
	dumpDocument
	dumpEnd
)

// dumpLine is a line of a dump that was read. The source of its document is a part of the line.
type dumpLine struct {
	kind              dumpKind
	index, collection string
	doc               kuzzlite.Document
	fieldIndex        kuzzlite.FieldIndex
	mapping           kuzzlite.Mapping
	end               dumpTrailer
}

// dumpKeys are the keys of the lines, by which the kinds are told apart: the first that a line has says what it is.
var dumpKeys = []struct {
	by   string
	kind dumpKind
	all  []string // that must be there
	may  string   // that may be there
}{
	{"format", dumpHead, []string{"format", "version"}, ""},
	{"end", dumpEnd, []string{"end"}, ""},
	{"_id", dumpDocument, []string{"index", "collection", "_id", "_version", "created", "updated", "_source"}, "expires"},
	{"fieldIndex", dumpFieldIndex, []string{"index", "collection", "fieldIndex"}, ""},
	{"mapping", dumpMapping, []string{"index", "collection", "mapping"}, ""},
	{"collection", dumpCollection, []string{"index", "collection"}, "settings"},
	{"index", dumpIndex, []string{"index"}, ""},
}

// The errors of a first line.
var (
	errNoDump      = errors.New(`this is no dump: its first line would be {"format":"` + dumpFormat + `",…}`)
	errDumpVersion = fmt.Errorf("this release reads versions %d to %d, use a newer one", dumpVersionPlain, dumpVersion)
	errOldDump     = fmt.Errorf("this release reads versions %d to %d, dump the store again with it", dumpVersionPlain,
		dumpVersion)
)

// headError is what is wrong with the first line of what is a dump.
type headError struct{ error }

func (e headError) Unwrap() error { return e.error }

// readDumpLine reads a line. It is strict: what it ignored would be lost.
func readDumpLine(text []byte) (l dumpLine, err error) {
	members, err := dumpMembers(text)
	if err != nil {
		return l, err
	}
	for _, k := range dumpKeys {
		if members[k.by] == nil {
			continue
		}
		if k.kind == dumpHead { // before all else, so that a newer version says that it is one
			if err := checkDumpHead(members); err != nil {
				return l, err
			}
		}
		for _, key := range k.all {
			if members[key] == nil {
				return l, fmt.Errorf("%s is missing", key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(members)) {
			if key != k.may && !slices.Contains(k.all, key) {
				err := fmt.Errorf("unexpected key %q: a newer release may have written it", key)
				if k.kind == dumpHead {
					err = headError{err}
				}
				return l, err
			}
		}
		l.kind = k.kind
		err = l.fill(members)
		return l, err
	}
	return l, errors.New("it is no line of a dump: it has none of format, index and end")
}

// dumpMembers returns the members of a JSON object. Their bytes are those of object: a document may be large.
func dumpMembers(object []byte) (map[string]json.RawMessage, error) {
	if len(object) == 0 || object[0] != '{' {
		return nil, errors.New("it must be a JSON object")
	}
	if !json.Valid(object) {
		return nil, errors.New(invalidReason(object))
	}
	members := map[string]json.RawMessage{}
	for rest := bytes.TrimLeft(object[1:], " \t\r\n"); rest[0] != '}'; rest = bytes.TrimLeft(rest, " \t\r\n,") {
		var key, value []byte
		key, rest = cutValue(rest)
		value, rest = cutValue(bytes.TrimLeft(rest, " \t\r\n:"))
		var name string
		if err := json.Unmarshal(key, &name); err != nil {
			return nil, err
		}
		if members[name] != nil {
			return nil, fmt.Errorf("the key %q is there twice", name)
		}
		members[name] = value
	}
	return members, nil
}

// cutValue splits the value that valid JSON text begins with off.
func cutValue(text []byte) (value, rest []byte) {
	var s scanner
	n, _ := s.scan(text)
	return text[:n:n], text[n:]
}

// fill reads the values of a line.
func (l *dumpLine) fill(m map[string]json.RawMessage) (err error) {
	switch l.kind {
	case dumpHead:
		return checkDumpHead(m)
	case dumpEnd:
		return l.end.read(m["end"])
	}
	if l.index, err = readText(m["index"], "index"); err != nil || l.kind == dumpIndex {
		return err
	}
	if l.collection, err = readText(m["collection"], "collection"); err != nil {
		return err
	}
	switch l.kind {
	case dumpFieldIndex:
		l.fieldIndex, err = readFieldIndex(m["fieldIndex"])
		return err
	case dumpMapping:
		l.mapping, err = readDumpMapping(m["mapping"])
		return err
	case dumpCollection:
		if s := m["settings"]; s != nil && string(bytes.Join(bytes.Fields(s), nil)) != "{}" {
			return errors.New("the collection has settings, which this release does not know: use a newer one")
		}
		return nil
	}
	return l.readDocument(m)
}

// checkDumpHead reads the first line.
func checkDumpHead(m map[string]json.RawMessage) error {
	var name string
	if json.Unmarshal(m["format"], &name) != nil || name != dumpFormat {
		return errNoDump
	}
	text := string(m["version"])
	switch version, err := strconv.Atoi(text); {
	case err == nil && dumpVersionPlain <= version && version <= dumpVersion && text == strconv.Itoa(version):
		return nil
	case text == strconv.Itoa(dumpVersionOld):
		return headError{fmt.Errorf("the dump has version %s of the format: %w", text, errOldDump)}
	default:
		return headError{fmt.Errorf("the dump has version %s of the format: %w", text, errDumpVersion)}
	}
}

// readDocument reads a document. Its source is for the library to check.
func (l *dumpLine) readDocument(m map[string]json.RawMessage) (err error) {
	if l.doc.ID, err = readID(m["_id"]); err != nil {
		return err
	}
	l.doc.Source = m["_source"]
	l.doc.Version, err = strconv.ParseUint(string(m["_version"]), 10, 64)
	if err != nil || l.doc.Version == 0 {
		return errors.New("_version must be a whole number, 1 or more")
	}
	l.doc.Created, err = readTime(m, "created")
	if err == nil {
		l.doc.Updated, err = readTime(m, "updated")
	}
	if err == nil {
		l.doc.Expires, err = readTime(m, "expires")
	}
	return err
}

// readTime reads a time; zero if there is none.
func readTime(m map[string]json.RawMessage, key string) (time.Time, error) {
	if m[key] == nil {
		return time.Time{}, nil
	}
	ms, err := strconv.ParseInt(string(m[key]), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s must be a time in milliseconds since 1970", key)
	}
	return time.UnixMilli(ms).UTC(), nil
}
