package main

import (
	_ "unsafe" // for go:linkname

	lib "github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// mergeInto is Kuzzlite's merge, which is not exported because no user needs it without a store. The workload proves
// its results before it measures, so that a change of its signature does not go by unseen.
//
//go:linkname mergeInto github.com/kuzzlite/kuzzlite.mergeInto
func mergeInto(dst, target []byte, p *rawjson.Patch, mode lib.MergeMode) (out []byte, changed bool)

var mergePatchMemory rawjson.Patch

// mergeKuzzlite checks the changes, as an MUpsert does and as the peers' decoders do, takes them apart, and merges.
func mergeKuzzlite(dst, target, changes []byte) ([]byte, error) {
	changes, err := rawjson.Compact(changes, 0)
	if err != nil {
		return nil, err
	}
	mergePatchMemory.Reset(changes)
	out, _ := mergeInto(dst, target, &mergePatchMemory, lib.MergeElasticsearch)
	return out, nil
}

func init() { mergeFunc = mergeKuzzlite }
