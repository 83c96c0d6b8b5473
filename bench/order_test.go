package main

import (
	"bytes"
	"strings"
	"testing"
)

// What went through maps is brought back to the bytes that were made.
func TestInOrder(t *testing.T) {
	for _, size := range []int{sizeSmall, sizeLarge} {
		want := appendDocument(nil, 7, size, 42)
		sorted, err := mergeMaps(nil, appendDocument(nil, 7, size, 1), appendChanges(nil, 42))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(sorted, want) {
			t.Fatal("the maps kept the order")
		}
		if got, err := inOrder(sorted); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v\n got %s\nwant %s", err, got, want)
		}
	}
}

// Putting fields in order hides nothing.
func TestInOrderKeepsFaults(t *testing.T) {
	want := string(appendDocument(nil, 7, sizeLarge, 42))
	for _, fault := range []struct{ old, new string }{
		{`"status":"st-`, `"status":"x-`},
		{`.25,`, `.5,`},
		{`"zip":`, `"zap":`},
		{`,null]`, `]`},
		{`"gift":false`, `"gift":true`},
		{`"note":`, `"more":1,"note":`},
	} {
		faulty := strings.Replace(want, fault.old, fault.new, 1)
		if faulty == want {
			t.Fatalf("no %s in the document", fault.old)
		}
		if got, err := inOrder([]byte(faulty)); err == nil && string(got) == want {
			t.Errorf("%s instead of %s is not noticed", fault.new, fault.old)
		}
	}
}
