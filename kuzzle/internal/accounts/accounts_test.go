package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

var ctx = context.Background()

// newAccounts returns accounts in memory, with users u0, u1 and so on whose passwords are their names.
func newAccounts(t testing.TB, cost Cost, users int) *Accounts {
	t.Helper()
	clock := kuzzlite.NewFakeClock(time.UnixMilli(1_795_000_000_000))
	store, err := kuzzlite.OpenMemory(&kuzzlite.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	st, err := storage.New(ctx, store)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	n := 0
	newID := func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprint("id", n)
	}
	actions := func(name string) ([]string, bool) { return []string{"get"}, name == "document" }
	a, err := New(ctx, st, Options{Clock: clock, NewID: newID, Cost: cost, Fetch: 10_000, Actions: actions})
	if err != nil {
		t.Fatal(err)
	}
	for i := range users {
		createUser(t, a, fmt.Sprint("u", i))
	}
	return a
}

func createUser(t testing.TB, a *Accounts, id string) {
	t.Helper()
	_, err := a.CreateUser(ctx, &NewUser{
		ID: id, Profiles: json.RawMessage(`["default"]`), Content: json.RawMessage("{}"),
		Credentials: json.RawMessage(`{"local":{"username":"` + id + `","password":"` + id + `"}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func idOf(err error) string {
	if e := (*apierror.Error)(nil); errors.As(err, &e) {
		return e.ID
	}
	return fmt.Sprint(err)
}

func TestHash(t *testing.T) {
	a := newAccounts(t, LowestCost, 0)
	hash, err := a.hash(ctx, "secret")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=8,t=1,p=1$") || strings.Contains(hash, "secret") {
		t.Fatal(hash, err)
	}
	if again, _ := a.hash(ctx, "secret"); again == hash {
		t.Error("two hashes of a password are the same: they have no salt")
	}
	a.opts.Cost = Cost{Memory: 16, Passes: 2} // which a stored hash does not depend on
	for _, tt := range []struct {
		hash, password string
		want           bool
	}{
		{hash, "secret", true}, {hash, "Secret", false}, {hash, "", false}, {"", "secret", false}, {"", "", false},
		{hash[:len(hash)-1], "secret", false}, {strings.Replace(hash, "m=8", "m=9999999999", 1), "secret", false},
		{strings.Replace(hash, "t=1", "t=0", 1), "secret", false},
		{strings.Replace(hash, "argon2id", "argon2i", 1), "secret", false},
		{strings.Replace(hash, "m=8", "m=-8", 1), "secret", false},
		{"$argon2id$v=19$m=8,t=1,p=1$$", "", false},
	} {
		if got, err := a.matches(ctx, tt.hash, tt.password); got != tt.want || err != nil {
			t.Errorf("%q with %q: %v %v", tt.hash, tt.password, got, err)
		}
	}
}

// TestLogins has more people log in at once than passwords are checked at once. Each of them gets in, or is told to
// come back; somebody with a wrong password never gets in; and an unknown user is checked as well.
func TestLogins(t *testing.T) {
	a := newAccounts(t, LowestCost, 4)
	for range hashesAtOnce + mostWaiting {
		a.logins <- struct{}{}
	}
	for _, name := range []string{"u0", "nobody"} {
		if _, err := a.Login(ctx, name, "x"); idOf(err) != "api.process.too_many_logins_requests" {
			t.Errorf("%s with all places taken: %v", name, err)
		}
	}
	for range hashesAtOnce + mostWaiting {
		<-a.logins
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	count := map[string]int{}
	for i := range 64 {
		all.Go(func() {
			name := fmt.Sprint("u", i%5) // of which u4 does not exist
			password := name
			if i%3 == 0 {
				password = "wrong"
			}
			id, err := a.Login(ctx, name, password)
			if err == nil && (id != name || password == "wrong" || name == "u4") {
				t.Errorf("%s got in with %s as %s", name, password, id)
			}
			mu.Lock()
			count[idOf(err)]++
			mu.Unlock()
		})
	}
	all.Wait()
	known := count["<nil>"] + count["plugin.strategy.missing_user"] + count["api.process.too_many_logins_requests"]
	if known != 64 || count["<nil>"] == 0 {
		t.Error(count)
	}
}

// TestLoginsWait has some people log in at once. All of them get in: the third was refused, for the time of two hashes.
func TestLoginsWait(t *testing.T) {
	a := newAccounts(t, LowestCost, 1)
	for range hashesAtOnce {
		a.hashing <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for range mostWaiting {
		all.Go(func() {
			if id, err := a.Login(ctx, "u0", "u0"); id != "u0" || err != nil {
				t.Errorf("%q %v", id, err)
			}
		})
	}
	for len(a.logins) < mostWaiting && ctx.Err() == nil {
		runtime.Gosched()
	}
	for range hashesAtOnce {
		<-a.hashing
	}
	all.Wait()
}

// TestUnknownUserCostsAHash compares what a login allocates: a password that is hashed takes the memory of its cost.
func TestUnknownUserCostsAHash(t *testing.T) {
	a := newAccounts(t, Cost{Memory: 2 << 10, Passes: 1}, 1)
	for _, name := range []string{"u0", "nobody", strings.Repeat("x", 1000)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := a.Login(ctx, name, "wrong"); idOf(err) != "plugin.strategy.missing_user" {
			t.Error(err)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took < 2<<20 {
			t.Errorf("a login of %.10s takes %d bytes", name, took)
		}
	}
}

func TestLifetime(t *testing.T) {
	for text, want := range map[string]int64{
		`1000`: 1000, `-1`: forEver, `"-1"`: forEver, `"5000"`: 5000, `"1h"`: 3600e3, `"10s"`: 10e3,
		`"1.5 h"`: 5400e3, `"2 days"`: 2 * 86400e3,
		`"1y"`: 31557600e3, `".5s"`: 500, `"100ms"`: 100, `1e3`: 1000, `"1H"`: 3600e3,
		`0`: 0, `"0"`: 0, `-5`: 0, `"-5s"`: 0, `"foo"`: 0, `""`: 0, `null`: 0, `true`: 0, `[]`: 0, `{}`: 0,
		`1e300`: 0, `"1e3"`: 0,
		`"999999y"`: 0, `0.5`: 0, `"` + strings.Repeat("1", 200) + `"`: 0, `"1 1"`: 0, `"s"`: 0, `-1.5`: forEver,
	} {
		got, err := Lifetime(json.RawMessage(text))
		if got != want || (err != nil) != (want == 0) {
			t.Errorf("%s: %d %v, want %d", text, got, err, want)
		}
	}
}

func TestUserIDs(t *testing.T) {
	if id := userID("x", true); id != "kuid-x" {
		t.Error(id)
	}
	form := regexp.MustCompile(`^kuid-[a-z]+-[a-z]+-[0-9]+$`)
	seen := map[string]bool{}
	for i := range 1000 {
		id := userID(fmt.Sprint(i), false)
		if seen[id] = true; !form.MatchString(id) {
			t.Error(id)
		}
	}
	if len(seen) < 995 {
		t.Errorf("%d of 1000 ids differ", len(seen))
	}
}

// TestTokensOfPeople gives tokens to users whose ids begin alike or are no plain text: each token is of its own user,
// revoking those of one ends no other, and a reader that takes the wrong alphabet of base64 can read them.
func TestTokensOfPeople(t *testing.T) {
	a := newAccounts(t, LowestCost, 0)
	ids := []string{"a", "a-", "a#b", "ab", "ä", "😀?>~", `"`, "a\n", "../a", "a/b", strings.Repeat("k", 500)}
	var list []*Token
	for _, id := range ids {
		_, err := a.CreateUser(ctx, &NewUser{
			ID: id, Profiles: json.RawMessage(`["default"]`), Content: json.RawMessage("{}"), Credentials: json.RawMessage("{}"),
		})
		if err != nil {
			t.Fatal(err)
		}
		tok, err := a.NewToken(ctx, id, TokenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		claims := strings.Split(strings.TrimPrefix(tok.Text, tokenPrefix), ".")[1]
		if strings.ContainsAny(claims, "-_") {
			t.Errorf("the token of %q has characters of one alphabet only", id)
		}
		list = append(list, tok)
	}
	for i, id := range ids {
		if err := a.RevokeTokens(ctx, id); err != nil {
			t.Fatal(err)
		}
		for j, tok := range list {
			got, err := a.Verify(ctx, tok.Text)
			if valid := err == nil && got.UserID == ids[j]; valid != (j > i) {
				t.Errorf("after revoking those of %q that of %q: %v", id, ids[j], err)
			}
		}
	}
}

// TestAlgorithm signs claims with the right secret by other algorithms than the one that is used.
func TestAlgorithm(t *testing.T) {
	a := newAccounts(t, LowestCost, 0)
	for method, want := range map[jwt.SigningMethod]bool{
		jwt.SigningMethodHS256: true, jwt.SigningMethodHS384: false, jwt.SigningMethodHS512: false,
	} {
		text, err := jwt.NewWithClaims(method, &claims{ID: "u0"}).SignedString(a.secret)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := a.signedBy(tokenPrefix + text); ok != want {
			t.Errorf("%s: %v", method.Alg(), ok)
		}
	}
}

// TestUsedUpOnce has somebody use a token for a single use up that somebody else has just found valid.
func TestUsedUpOnce(t *testing.T) {
	a := newAccounts(t, LowestCost, 1)
	tok, err := a.NewToken(ctx, "u0", TokenOptions{SingleUse: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.useUp(ctx, tok.key); err != nil {
		t.Fatal(err)
	}
	if err := a.useUp(ctx, tok.key); idOf(err) != "security.token.invalid" {
		t.Error(err)
	}
}

// TestLinkLate links a connection to a token that has been ended since it was found valid.
func TestLinkLate(t *testing.T) {
	a := newAccounts(t, LowestCost, 1)
	left := 0
	a.links.ended = func(_ api.Connection, expired bool) {
		if left++; expired {
			t.Error("the token has not expired")
		}
	}
	tok, err := a.NewToken(ctx, "u0", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Logout(ctx, tok.Text); err != nil {
		t.Fatal(err)
	}
	a.Link(ctx, silent("c"), tok)
	if left != 1 || len(a.links.tokens) != 0 || len(a.links.connections) != 0 {
		t.Errorf("%d left, %v %v", left, a.links.tokens, a.links.connections)
	}
}

// silent is a connection by its id.
type silent string

func (s silent) ID() string { return string(s) }
func (silent) Send([]byte)  {}

// TestFirstAdminOnce has a first administrator come in between the check of another one and the writing.
func TestFirstAdminOnce(t *testing.T) {
	a := newAccounts(t, LowestCost, 0)
	n := &NewUser{
		Profiles: json.RawMessage(`["admin"]`), Content: json.RawMessage("{}"), Credentials: json.RawMessage("{}"),
		FirstAdmin: true,
	}
	late := &creation{NewUser: n}
	if err := a.view(ctx, late.check); err != nil {
		t.Fatal(err)
	}
	if _, err := a.CreateUser(ctx, n); err != nil {
		t.Fatal(err)
	}
	err := a.change(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error { return a.create(ctx, tx, late) })
	if idOf(err) != "api.process.admin_exists" {
		t.Error(err)
	}
}

func TestReset(t *testing.T) {
	a := newAccounts(t, LowestCost, 3)
	tok, err := a.NewToken(ctx, "u1", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.RestrictDefaultRights(ctx); err != nil {
		t.Fatal(err)
	}
	users, profiles, roles, err := a.ResetSecurity(&api.Call{Context: ctx})
	if err != nil || users != 3 || profiles != 3 || roles != 3 {
		t.Fatal(users, profiles, roles, err)
	}
	if _, err := a.Verify(ctx, tok.Text); idOf(err) != "security.token.invalid" {
		t.Error(err)
	}
	if _, err := a.Login(ctx, "u1", "u1"); idOf(err) != "plugin.strategy.missing_user" {
		t.Error(err)
	}
	if u, err := a.User(ctx, "-1"); err != nil || !u.May("index", "list", "", "") {
		t.Error(u, err)
	}
	createUser(t, a, "u1")
}

// TestManyMembers writes users and profiles with very many members: what a request costs is about how long it is.
func TestManyMembers(t *testing.T) {
	a := newAccounts(t, LowestCost, 1)
	var body, restricted strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&body, `,"member%d":1`, i)
		fmt.Fprintf(&restricted, `,{"index":"i%d","collections":["c%d"]}`, i, i)
	}
	content := json.RawMessage("{" + body.String()[1:] + "}")
	for range 2 {
		if _, err := a.UpdateUser(ctx, "u0", nil, content, "u0"); err != nil {
			t.Fatal(err)
		}
	}
	profile := json.RawMessage(`{"policies":[{"roleId":"default","restrictedTo":[` + restricted.String()[1:] + `]}]}`)
	if _, err := a.WriteProfile(ctx, "default", profile, Write{Mode: Replace}); err != nil {
		t.Fatal(err)
	}
	u, err := a.User(ctx, "u0")
	if err != nil || !u.May("document", "get", "i59999", "c59999") || u.May("document", "get", "i59999", "c1") {
		t.Error(err)
	}
}

func FuzzVerify(f *testing.F) {
	a := newAccounts(f, LowestCost, 1)
	tok, err := a.NewToken(ctx, "u0", TokenOptions{})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{tok.Text, "", "kauth-", "kapikey-a.b.c", "kauth-e30.e30.", "a.b.c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := a.Verify(ctx, text)
		if err == nil && (text != tok.Text || got.UserID != "u0") {
			t.Errorf("%q is a token of %s", text, got.UserID)
		}
		if err != nil && idOf(err) != "security.token.invalid" {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func FuzzHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		c, _, hash, ok := decodeHash(text)
		fits := c.Memory >= 0 && c.Memory <= MostCost.Memory && c.Passes >= 1 && c.Passes <= MostCost.Passes
		if ok && (len(hash) != hashLength || !fits) {
			t.Errorf("%q: %v %d", text, c, len(hash))
		}
	})
}

func FuzzSearch(f *testing.F) {
	a := newAccounts(f, LowestCost, 3)
	f.Add(`{"query":{"term":{"profileIds":"default"}},"sort":[{"a":"desc"},"b",{"c":{"order":"asc"}}]}`, false)
	f.Add(`{"query":{"equals":{"a":1}},"sort":"_id"}`, true)
	f.Add(`{"sort":{"-":"desc"},"from":1}`, false)
	f.Fuzz(func(t *testing.T, body string, koncorde bool) {
		if !json.Valid([]byte(body)) || strings.Contains(body, `\u`) {
			return
		}
		s := Search{Kind: Users, Size: 10}
		if s.ParseBody(json.RawMessage(body), koncorde) != nil {
			return
		}
		f, err := a.Find(ctx, s)
		if err == nil && (len(f.Hits) > 3 || f.Total > 3 || !json.Valid(f.AppendJSON(nil))) {
			t.Errorf("%s: %s", body, f.AppendJSON(nil))
		}
		if id := idOf(err); err != nil && (id == "services.storage.unexpected_error" || id == "core.fatal.unexpected_error") {
			t.Errorf("%s: %v", body, err)
		}
	})
}
