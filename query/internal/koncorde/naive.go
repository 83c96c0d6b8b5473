package koncorde

// Geo says whether a point, in degrees, satisfies the shape of a Box, Distance, DistanceRange or Polygon.
type Geo func(shape Filter, lat, lon float64) bool

// Matches says whether the filter holds for the document whose JSON text is given. The document is seen as Kuzzle's
// realtime engine sees it: with a field _id, if id is not empty. geo may be nil if the filter has no leaf about places.
//
// Matches parses the document for each call, and is there to tell whether faster ways of matching are right.
func Matches(f Filter, document []byte, id string, geo Geo) bool {
	v, ok := parseValue(document)
	if !ok || v.kind != object {
		return false
	}
	if id != "" {
		v.members = append(v.members, member{"_id", value{kind: text, text: id}})
	}
	return matches(f, flattened(v), geo)
}

// fields are the fields of a flattened document.
type fields map[string]value

// flattened returns the fields of a document, at all levels of objects. Of fields with the same path the last one
// counts, where an object comes after what is in it.
func flattened(document value) fields {
	all := fields{}
	all.add(document, "")
	return all
}

func (all fields) add(v value, prefix string) {
	for _, m := range v.members {
		path := m.key
		if prefix != "" { // a key "" leaves no trace in the paths below it
			path = prefix + "." + m.key
		}
		if m.value.kind == object {
			all.add(m.value, path)
		}
		all[path] = m.value
	}
}

func matches(f Filter, document fields, geo Geo) bool {
	switch f := f.(type) {
	case And:
		for _, sub := range f {
			if !matches(sub, document, geo) {
				return false
			}
		}
		return true
	case Or:
		for _, sub := range f {
			if matches(sub, document, geo) {
				return true
			}
		}
		return false
	case Not:
		return matchesNot(f.Leaf, document, geo)
	}
	return matchesLeaf(f, document, geo)
}

// matchesLeaf says whether a leaf holds that is not negated.
func matchesLeaf(f Filter, document fields, geo Geo) bool {
	switch f := f.(type) {
	case Everything:
		return true
	case Equals:
		v, ok := document[f.Field]
		return ok && sameScalar(v, f.Value)
	case Exists:
		v, ok := document[f.Path]
		return ok && (!f.Array || hasItem(v, f.Value))
	case Range:
		v := document[f.Field]
		return v.kind == number && f.Holds(v.number)
	case *Regexp:
		v := document[f.Field]
		return v.kind == text && f.Holds([]byte(v.text))
	case Match:
		wanted, _ := parseValue(f.Object)
		return containsFields(document, wanted)
	case *Select:
		return matchesItem(f, document, geo)
	case Box, Distance, DistanceRange, Polygon:
		lat, lon, ok, _ := point(document[placeField(f)])
		return ok && geo(f, lat, lon)
	}
	return false
}

// matchesNot says whether a negated leaf holds.
func matchesNot(f Filter, document fields, geo Geo) bool {
	switch f := f.(type) {
	case Range:
		v := document[f.Field]
		return v.kind != number || f.HoldsNot(v.number)
	case *Regexp:
		v, ok := document[f.Field]
		return !ok || f.holdsNot(v)
	case Box, Distance, DistanceRange, Polygon:
		v := document[placeField(f)]
		if !truthy(v) {
			return true
		}
		lat, lon, ok, _ := point(v)
		return ok && !geo(f, lat, lon)
	}
	return !matchesLeaf(f, document, geo)
}

func placeField(f Filter) string {
	switch f := f.(type) {
	case Box:
		return f.Field
	case Distance:
		return f.Field
	case DistanceRange:
		return f.Field
	case Polygon:
		return f.Field
	}
	return ""
}

// matchesItem says whether the selected item of an array satisfies the filter of a Select.
func matchesItem(f *Select, document fields, geo Geo) bool {
	items := document[f.Field].items
	index := f.Index
	if index < 0 {
		index += float64(len(items))
	}
	if index < 0 || index >= float64(len(items)) {
		return false
	}
	item := value{kind: object, members: []member{{"value", items[int(index)]}}}
	return matches(f.Filter, flattened(item), geo)
}

func hasItem(v value, wanted any) bool {
	for _, item := range v.items {
		if sameScalar(item, wanted) {
			return true
		}
	}
	return false
}

// containsFields says whether a flattened document contains the wanted object.
func containsFields(document fields, wanted value) bool {
	for _, m := range wanted.members {
		if v, ok := document[m.key]; !ok || !contains(v, m.value) {
			return false
		}
	}
	return true
}

// contains says whether v contains the wanted value.
func contains(v, wanted value) bool {
	if v.kind != wanted.kind {
		return false
	}
	switch v.kind {
	case object:
		for _, m := range wanted.members {
			if inner, ok := v.get(m.key); !ok || !contains(inner, m.value) {
				return false
			}
		}
		return true
	case array:
		return containsItems(v.items, wanted.items)
	}
	return sameScalar(v, wanted.scalar())
}

// containsItems says whether each wanted item finds an item that contains it: the first one that is left.
func containsItems(items, wanted []value) bool {
	taken := make([]bool, len(items))
	for _, w := range wanted {
		found := false
		for i := range items {
			if !taken[i] && contains(items[i], w) {
				taken[i], found = true, true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
