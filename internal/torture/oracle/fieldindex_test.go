package oracle

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// A store whose index is not unique takes what the model refuses.
func TestModelNoticesUnique(t *testing.T) {
	s, err := kuzzlite.OpenMemory(Options(1))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, changes, _ := madeHistory(t, s, 200)
	if _, _, err := NewModel(seed).Replay(changes); err == nil {
		t.Error("calls that a unique index refuses were made, and were not noticed")
	}
}

// Queries are asked, by field indexes too, and one that finds something else than the model has is noticed.
func TestModelNoticesQueries(t *testing.T) {
	s, changes, _ := history(t, 60)
	m := NewModel(seed)
	if _, _, err := m.Replay(changes); err != nil {
		t.Fatal(err)
	}
	col := s.Collection(Index, UniqueCollection)
	if err := m.ask(t.Context(), col); err != nil || m.Asked != queriesPerLook {
		t.Fatalf("%d queries were asked: %v", m.Asked, err)
	}
	tr := &harness.Trial{Figures: map[string]int{}}
	if err := m.NoteQueries(t.Context(), s, tr); err != nil || tr.Figures["plans that go by a field index"] == 0 {
		t.Errorf("%v: %v", tr.Figures, err)
	}
	docs := m.collections[UniqueCollection]
	for id, d := range docs {
		if d.body == nil || d.expires != 0 {
			continue
		}
		docs[id] = stored{version: d.version}
		m.noticed(t, col, id)
		docs[id] = d
		docs["one more"] = d
		m.noticed(t, col, "one more")
		delete(docs, "one more")
		return
	}
	t.Error("there are no documents")
}

// noticed fails unless one of many queries finds that the model differs in one document.
func (m *Model) noticed(t *testing.T, col *kuzzlite.Collection, id string) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 3))
	for range 500 {
		if err := m.askOne(t.Context(), col, newQuery(r), newSort(r)); err != nil && strings.Contains(err.Error(), id) {
			return
		}
	}
	t.Errorf("the difference in %s was not noticed", id)
}

// A call that names a document twice, whose first item is refused and whose second one is not, has the feed of a call
// whose first item alone was done: as long as the owner of a unique value may have expired, the model cannot tell.
func TestUniqueCallsNameADocumentOnce(t *testing.T) {
	unique, several := 0, 0
	for n := range 2000 {
		c := NewCall(seed, Tag{1, firstUnique, n})
		if c.collection != UniqueCollection {
			continue
		}
		named := map[string]bool{}
		for _, it := range c.Items {
			if named[it.ID] {
				t.Fatalf("call %v names %s twice", c.tag, it.ID)
			}
			named[it.ID] = true
		}
		unique++
		if len(named) > 20 {
			several++
		}
	}
	if unique == 0 || several == 0 {
		t.Errorf("%d calls are of %s, %d of many documents", unique, UniqueCollection, several)
	}
}
