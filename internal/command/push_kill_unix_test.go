//go:build unix

package command

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/tidwall/gjson"
)

// killed is a process of the command that is killed and started anew, as often as a test wants.
type killed struct {
	t    *testing.T
	args []string
	cmd  *exec.Cmd
}

func (k *killed) start() {
	k.t.Helper()
	k.cmd = exec.Command("kuzzlite", k.args...)
	out, err := k.cmd.StderrPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := k.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	listens := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "listening on") {
				listens <- true
			}
		}
		close(listens)
	}()
	select {
	case ok := <-listens:
		if !ok {
			k.t.Fatalf("%q ends", k.args)
		}
	case <-time.After(time.Minute):
		k.t.Fatalf("%q does not listen", k.args)
	}
}

func (k *killed) kill() {
	if k.cmd != nil {
		_ = k.cmd.Process.Kill()
		_ = k.cmd.Wait()
	}
	k.cmd = nil
}

// An edge service and its server are killed again and again while clients write to the edge: once both run, what was
// acknowledged is at the edge, and the server has the same.
func TestKilledEdge(t *testing.T) {
	t.Setenv(upstreamPassword, "")
	t.Setenv(upstreamToken, "")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	dir, sockets := t.TempDir(), socketDir(t)
	socket := unixPrefix + filepath.Join(sockets, "edge")
	up := &killed{t: t, args: []string{"serve", "--db", filepath.Join(dir, "up.db"), "--listen", address}}
	edge := &killed{t: t, args: []string{
		"serve", "--db", filepath.Join(dir, "edge.db"), "--listen", socket, "--upstream", "http://" + address,
		"--push", "plant/readings", "--push", "plant/alarms",
	}}
	defer edge.kill()
	defer up.kill()
	edge.start()
	must(t, "", "create-index", "--db", socket, "plant")
	for _, c := range []string{"readings", "alarms"} {
		must(t, "", "create-collection", "--db", socket, "plant", c)
	}
	r := rand.New(rand.NewPCG(1, 2))
	acknowledged := map[string]int{}
	n := 0
	for round := range 8 {
		switch {
		case up.cmd == nil:
			up.start()
		case round%2 == 0:
			up.kill()
		}
		for range 10 + r.IntN(10) {
			n++
			collection, id := []string{"readings", "alarms"}[r.IntN(2)], strconv.Itoa(r.IntN(8))
			if code, _, errs := command(t, "", "upsert", "--db", socket, "plant", collection, id,
				"n:="+strconv.Itoa(n), fmt.Sprintf("f%d:=%d", r.IntN(4), n)); code != exitOK {
				t.Fatalf("%d %s", code, errs)
			}
			acknowledged[collection+"/"+id] = n
		}
		time.Sleep(time.Duration(r.IntN(100)) * time.Millisecond)
		if round == 4 { // the server is away for long enough that the outbox looks what it can acknowledge
			time.Sleep(1500 * time.Millisecond)
		}
		edge.kill()
		edge.start()
	}
	if up.cmd == nil {
		up.start()
	}
	list := func(db string) (all map[string]string) {
		all = map[string]string{}
		for _, c := range []string{"readings", "alarms"} {
			out := must(t, "", "list", "--db", db, "plant", c)
			for line := range strings.Lines(out) {
				source := gjson.Get(line, "_source")
				for _, f := range []string{"n", "f0", "f1", "f2", "f3"} {
					all[c+"/"+gjson.Get(line, "_id").String()] += f + "=" + source.Get(f).Raw + " "
				}
			}
		}
		return all
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		status := must(t, "", "outbox", "status", "--db", socket)
		if gjson.Get(status, "behind").Int() == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(status)
		}
	}
	here := list(socket)
	up.kill()
	edge.kill()
	for id, n := range acknowledged {
		if !strings.HasPrefix(here[id], fmt.Sprintf("n=%d ", n)) {
			t.Errorf("%s is %s, and n=%d was acknowledged", id, here[id], n)
		}
	}
	there := list(filepath.Join(dir, "up.db"))
	if fmt.Sprint(here) != fmt.Sprint(there) {
		t.Errorf("the edge has\n%v\nand the server\n%v", here, there)
	}
	for _, db := range []string{"edge.db", "up.db"} {
		s, err := kuzzlite.Open(filepath.Join(dir, db), nil)
		if err != nil {
			t.Fatal(err)
		}
		report, err := s.Check(t.Context())
		if err != nil || len(report.Problems) > 0 {
			t.Errorf("%s: %v %+v", db, err, report)
		}
		s.Close()
	}
}
