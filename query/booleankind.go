package query

// booleanKind is that of boolean: true, false, the strings "true" and "false", and "", which is false.
type booleanKind struct{ mapped }

// key returns 1 for true, 0 for false.
func (k *booleanKind) key(_ *document, v []byte) (int64, bool) {
	switch string(k.valueOf(v)) {
	case "true", `"true"`:
		return 1, true
	case "false", `"false"`, `""`:
		return 0, true
	}
	return 0, false
}

// queried returns the key of a value of a query.
func (k *booleanKind) queried(raw []byte) (int64, error) {
	switch text := javaText(raw); text {
	case "true":
		return 1, nil
	case "false":
		return 0, nil
	default:
		return 0, refused("Can't parse boolean value [%s], expected [true] or [false]", text)
	}
}

func (k *booleanKind) equal(_ *compiler, t *term) (valueTest, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	key, err := k.queried(t.value)
	if err != nil {
		return nil, err
	}
	return keyOf(k.key).within(key, key), nil
}

// between: false is less than true.
func (k *booleanKind) between(_ *compiler, s *span) (valueTest, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	from, to := int64(0), int64(1)
	if s.lower.value != nil {
		key, err := k.queried(s.lower.value)
		if err != nil {
			return nil, err
		}
		if from = key; s.lower.excluded {
			from++
		}
	}
	if s.upper.value != nil {
		key, err := k.queried(s.upper.value)
		if err != nil {
			return nil, err
		}
		if to = key; s.upper.excluded {
			to--
		}
	}
	return keyOf(k.key).within(from, to), nil
}

func (k *booleanKind) exists() valueTest { return k.existing(k.key) }
