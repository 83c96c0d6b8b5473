package main

import (
	"fmt"
	"slices"
	"strings"
)

// item is one document of a write.
type item struct {
	id      string
	key     []byte // id as bytes, for stores whose keys are bytes
	changes []byte // JSON: what changes
	doc     []byte // JSON: the document that results, for contenders which write what was computed before
}

// reporter is told what a write says about each document: its position in the call, its new version and its content,
// valid during the call.
type reporter func(pos int, version uint64, doc []byte)

// store is a contender at work.
type store interface {
	// upsert merges the changes into the documents, creates those that are missing, and returns when all of it
	// is on disk: after a crash all of the call is there, or nothing of it.
	upsert(items []item, report reporter) error

	// get returns a copy of a document and its version, 0 if the contender keeps none.
	get(id string) (doc []byte, version uint64, err error)

	// mutate writes, as durably, the changes that fn works out from a document, unless another caller has changed it
	// since: then fn is called again with what that one made of it. The id is passed both ways, as keys are.
	mutate(id string, key []byte, fn mutation) error

	// scan calls fn with each document in the order of the ids, and ends with its error. The bytes are fn's to keep,
	// except for the id.
	scan(fn func(id []byte, version uint64, doc []byte) error) error

	// remove deletes documents that are there, as one call like upsert's.
	remove(ids []string) error

	// settle gives back the space that is no longer used, as far as the contender can.
	settle() error

	close() error
}

// mutation works out changes from a document. What it returns is valid until its next call.
type mutation func(doc []byte) (changes []byte, err error)

// contender is a way to do the work, to be compared with others.
type contender struct {
	name     string
	settings string // what was chosen and why, for the report
	open     func(dir string) (store, error)

	// openShared opens it for many readers beside a writer, if that is another way than open.
	openShared func(dir string) (store, error)

	// filledBy is the contender whose filled stores it takes, since their files are the same. "" is its own.
	filledBy string

	// raw: writes item.doc, computed by the harness, and neither reads nor merges nor reports.
	raw bool

	// reorders: the fields of a document come back in another order than they were written, so they are put in order
	// before they are compared. This happens in the checks only and is not measured.
	reorders bool

	// limit: no store, but what the disk allows at most. It has nothing to prove or verify.
	limit bool

	// fed: a limit that is given the documents of each call all the same.
	fed bool

	// metadata: documents have Kuzzle's metadata in front of their fields, which is looked at and taken off before they
	// are compared. This happens in the checks only and is not measured.
	metadata bool
}

// start opens a store in the way that a workload needs.
func (c contender) start(dir string, shared bool) (store, error) {
	if shared && c.openShared != nil {
		return c.openShared(dir)
	}
	return c.open(dir)
}

// contenders are all contenders that this build has.
func contenders() []contender {
	list := slices.Clone(kuzzlites)
	list = append(list, bolts...)
	list = append(list, boltMerges...)
	list = append(list, boltholdContender)
	list = append(list, sqliteContenders("modernc", moderncDriver)...)
	list = append(list, ncrucesContenders...)
	if mattnDriver != nil {
		list = append(list, sqliteContenders("mattn", mattnDriver)...)
	}
	return slices.Concat(list, []contender{badgerContender, pebbleContender}, diskContenders, []contender{echoContender})
}

// contenderNamed finds a contender; it is a bug in a workload if there is none.
func contenderNamed(name string) contender {
	all := contenders()
	i := slices.IndexFunc(all, func(c contender) bool { return c.name == name })
	if i < 0 {
		panic(fmt.Sprintf("no contender %q", name))
	}
	return all[i]
}

// sized is a limit that must know how much there would be to store.
type sized interface {
	prepareFor(documents, size int) error
}

// leftOut says whether this build lacks a contender.
func leftOut(name string) bool { return mattnDriver == nil && strings.HasPrefix(name, "mattn") }
