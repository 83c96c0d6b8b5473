package kuzzlite

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"unicode/utf8"
)

// encoding/json writes \ufffd for bytes of a string that are not UTF-8. Nothing is repaired here, so such a value is
// refused. What was JSON before, in a json.RawMessage or from a MarshalJSON, may have the same six characters. So where
// they turn up, and there only, the value itself is looked at.

var replacement = []byte(`\ufffd`)

// wasRepaired says whether encoding/json has replaced bytes that are not UTF-8 when it encoded v.
func wasRepaired(v any, encoded []byte) bool {
	if !bytes.Contains(encoded, replacement) {
		return false
	}
	r := repairs{seen: map[reference]bool{}}
	return r.in(reflect.ValueOf(v))
}

// repairs is a look at a Go value for strings that are not UTF-8, in what encoding/json may write of it.
type repairs struct{ seen map[reference]bool }

// reference is a value that refers to others, which may refer to it.
type reference struct {
	of  reflect.Type
	at  uintptr
	len int // of a slice
}

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// in says whether there is such a string in v. A value that marshals itself is looked at like any other if it writes
// \ufffd: many do that by way of encoding/json.
func (r *repairs) in(v reflect.Value) bool {
	if !v.IsValid() {
		return false
	}
	if m, ok := marshaler(v, jsonMarshaler).(json.Marshaler); ok {
		if text, err := m.MarshalJSON(); err != nil || !bytes.Contains(text, replacement) {
			return false
		}
	} else if m, ok := marshaler(v, textMarshaler).(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		return err == nil && !utf8.Valid(text)
	}
	switch v.Kind() {
	case reflect.String:
		return !utf8.ValidString(v.String())
	case reflect.Interface:
		return r.in(v.Elem())
	case reflect.Pointer:
		return r.first(v, 0) && r.in(v.Elem())
	case reflect.Map:
		return r.first(v, 0) && r.inMap(v)
	case reflect.Slice:
		return r.first(v, v.Len()) && r.inList(v)
	case reflect.Array:
		return r.inList(v)
	case reflect.Struct:
		return r.inStruct(v)
	}
	return false
}

// first says whether v refers to something that was not looked at.
func (r *repairs) first(v reflect.Value, len int) bool {
	ref := reference{v.Type(), v.Pointer(), len}
	if v.IsNil() || r.seen[ref] {
		return false
	}
	r.seen[ref] = true
	return true
}

func (r *repairs) inStruct(v reflect.Value) bool {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		written := f.IsExported() || f.Anonymous // which may have fields that are exported
		if written && f.Tag.Get("json") != "-" && r.in(v.Field(i)) {
			return true
		}
	}
	return false
}

func (r *repairs) inMap(v reflect.Value) bool {
	for m := v.MapRange(); m.Next(); {
		key := m.Key()
		if key.Kind() == reflect.String && !utf8.ValidString(key.String()) ||
			key.Kind() != reflect.String && r.in(key) || r.in(m.Value()) {
			return true
		}
	}
	return false
}

func (r *repairs) inList(v reflect.Value) bool {
	if v.Type().Elem().Kind() == reflect.Uint8 { // written in base64, or as numbers
		return false
	}
	for i := range v.Len() {
		if r.in(v.Index(i)) {
			return true
		}
	}
	return false
}

// marshaler returns v, or its address, if encoding/json calls a method of it that is of an interface; otherwise nil.
func marshaler(v reflect.Value, of reflect.Type) any {
	t := v.Type()
	switch {
	case !v.CanInterface() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil():
		return nil
	case t.Kind() != reflect.Pointer && v.CanAddr() && reflect.PointerTo(t).Implements(of):
		return v.Addr().Interface()
	case t.Implements(of):
		return v.Interface()
	}
	return nil
}
