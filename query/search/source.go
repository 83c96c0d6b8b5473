package search

import (
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// source reads _source: whether there is one, or the fields that it has.
func (p *parser) source(key string, value []byte) error {
	switch value[0] {
	case 't', 'n':
	case 'f':
		p.NoSource = true
	case '"', '[':
		return patterns(&p.Fields, key, value)
	case '{':
		for name, list := range rawjson.Members(value) {
			to := &p.Fields
			switch name := string(rawjson.AppendDecoded(nil, name)); name {
			case "includes", "include":
			case "excludes", "exclude":
				to = &p.Exclude
			default:
				return unknown(name, list)
			}
			if err := patterns(to, key, list); err != nil {
				return err
			}
		}
	default:
		return unknown(key, value)
	}
	return nil
}

// patterns adds the paths of fields: one, or a list.
func patterns(to *[]string, key string, value []byte) error {
	list := [][]byte{value}
	if value[0] == '[' {
		list = nil
		for path := range rawjson.Elements(value, 0) {
			list = append(list, path)
		}
	}
	for _, path := range list {
		if path[0] != '"' {
			return wrong(key, "[%s] must be paths of fields, and has a %s", key, rawjson.Token(path))
		}
		*to = append(*to, string(rawjson.AppendDecoded(nil, path)))
	}
	return nil
}
