package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/spf13/cobra"
)

// Mappings of collections: the verb mapping with a verb of its own for each thing to do, as field-index has them.

func (a *app) mapping() *cobra.Command {
	return a.withVerbs(&cobra.Command{
		Use:   "mapping",
		Short: "Print and set the types of the fields of a collection",
		Long: `A mapping says which types the fields of a collection have, as Elasticsearch does: documents that do not fit
are refused, and queries compare values as the types say. A collection without one takes all documents. It
is the same for a server, where Kuzzle's actions get and update it. If the collection is absent the exit code
is 3.

Get-mapping and set-mapping are other names of these verbs.`,
		Example: `  kuzzlite mapping set --db quakes.db usgs earthquakes '{"properties":{"time":{"type":"date"}}}'
  kuzzlite mapping get --db quakes.db usgs earthquakes`,
	}, a.mappingVerbs(false))
}

// mappingVerbs returns the verbs for the tree itself, or those of mapping.
func (a *app) mappingVerbs(top bool) []*cobra.Command {
	names := []string{"mapping get", "mapping set"}
	if top {
		names = []string{"get-mapping", "set-mapping"}
	}
	verbs := []*cobra.Command{a.getMapping(names[0]), a.setMapping(names[1])}
	for _, v := range verbs {
		v.Hidden = top
	}
	return verbs
}

func (a *app) getMapping(name string) *cobra.Command {
	return &cobra.Command{
		Use:   lastWord(name) + " INDEX COLLECTION",
		Short: "Print the mapping of a collection",
		Long: `This prints the mapping of a collection as JSON, {"mappings":{…},"settings":{…}}, with the fields that
documents have brought, and without settings if there are none: what set reads. If the collection has no
mapping, or is absent, the exit code is 3.`,
		Example: `  kuzzlite ` + name + ` --db quakes.db usgs earthquakes`,
		Args:    positional,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCollection(cmd, args, reading, func(ctx context.Context, col anyCollection) error {
				m, err := col.Mapping(ctx)
				if err != nil {
					return err
				}
				if m == nil {
					return &failure{exitStore, fmt.Errorf("%s/%s has no mapping: it takes all documents", a.index, a.collection),
						"`" + a.hint("mapping set", a.index, a.collection, "MAPPING") + "` gives it one"}
				}
				return a.out.line(appendJSON(nil, m))
			})
		},
	}
}

func (a *app) setMapping(name string) *cobra.Command {
	create := false
	cmd := &cobra.Command{
		Use:   lastWord(name) + " INDEX COLLECTION MAPPING",
		Short: "Give a collection a mapping, or add to the one it has",
		Long: `This gives a collection a mapping, or changes its mapping: fields are added, and types stay. MAPPING is JSON,
or @FILE, @- for standard input: {"properties":{"name":{"type":"text"}}}, with "dynamic", or that as
"mappings" beside "settings", as get prints it. docs/mappings.md lists types and parameters. What Elasticsearch
would refuse is refused with its reason, and the exit code is 2.

Documents that are there are not looked at: check counts those that do not fit. A mapping goes only with its
collection. If that is absent the exit code is 3, unless --create is given.`,
		Example: `  kuzzlite ` + name + ` --db quakes.db usgs earthquakes '{"properties":{"time":{"type":"date"}}}'
  kuzzlite ` + name + ` --db quakes.db --create usgs earthquakes @mapping.json`,
		Args: positional,
	}
	createFlag(cmd, &create, "the store, the index and the collection")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		m, err := a.readMapping(args[2])
		if err != nil {
			return err
		}
		a.index, a.collection = args[0], args[1]
		return a.withStore(cmd.Context(), orCreating(create), kuzzlite.Options{}, func(s anyStore) error {
			if err := a.makeCollection(cmd.Context(), s, create); err != nil {
				return err
			}
			if err := s.Collection(a.index, a.collection).UpdateMapping(cmd.Context(), m); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "the mapping of %s/%s is set\n", a.index, a.collection)
			return nil
		})
	}
	return cmd
}

// readMapping reads a mapping: alone, or with settings.
func (a *app) readMapping(given string) (m kuzzlite.Mapping, err error) {
	text := []byte(given)
	if name, isFile := strings.CutPrefix(given, "@"); isFile {
		if text, err = readQueryFile(name, a.stdin); err != nil {
			return m, err
		}
	}
	members, err := dumpMembers(trimmed(text))
	if err != nil {
		return m, usage("MAPPING: %v", err)
	}
	if members["mappings"] == nil && members["settings"] == nil {
		return kuzzlite.Mapping{Mappings: text}, nil
	}
	m = kuzzlite.Mapping{Mappings: members["mappings"], Settings: members["settings"]}
	delete(members, "mappings")
	delete(members, "settings")
	for key := range members {
		return m, usage("MAPPING has mappings and settings, and beside these %q, which belongs into mappings", key)
	}
	return m, nil
}

// trimmed returns JSON without white space around it.
func trimmed(text []byte) []byte { return []byte(strings.TrimSpace(string(text))) }

// schemaOf returns the mapping of a collection for aggregations; nil: it has none, or there is no collection.
func schemaOf(ctx context.Context, col anyCollection) (*query.Schema, error) {
	m, err := col.Mapping(ctx)
	if errors.Is(err, kuzzlite.ErrUnknownIndex) || errors.Is(err, kuzzlite.ErrUnknownCollection) {
		return nil, nil // told by who reads the documents
	}
	if m == nil || err != nil {
		return nil, err
	}
	return query.ParseMapping(m.Mappings)
}
