package disk

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var turns = flag.Int("turns", 100, "how many turns TestTurns takes")

func init() { children["turn"] = turn }

// turn is a child that opens a store when nobody else has it open, counts on there, and closes the store. It says what
// it finds, and what was acknowledged.
func turn(arg string) {
	var a turnArg
	if err := json.Unmarshal([]byte(arg), &a); err != nil {
		panic(err)
	}
	Tune(Tuning{SliceBytes: 50, CheckpointSize: 2500})
	e, err := Open(a.Path, options(func(o *Options) { o.LockTimeout = patience }))
	if err != nil {
		fmt.Println("fails", err)
		return
	}
	n, err := counted(e)
	if err != nil {
		fmt.Println("fails", err)
		return
	}
	fmt.Println("finds", n)
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil { // until it may begin
		return
	}
	for range a.Writes {
		n++
		if err := tryPut(e, "count", strconv.Itoa(n)); err != nil {
			fmt.Println("fails", err)
			return
		}
		fmt.Println("has written", n)
	}
	if err := e.Close(); err != nil {
		fmt.Println("fails", err)
	}
}

type turnArg struct {
	Path   string
	Writes int
}

func counted(e *Engine) (n int, err error) {
	v, err := e.Read(ctx)
	if err != nil {
		return 0, err
	}
	defer v.Release()
	value, err := v.Get([]byte("b"), []byte("count"))
	if err == nil && value != nil {
		n, err = strconv.Atoi(string(value))
	}
	return n, err
}

// turnTaker is a child that takes a turn.
type turnTaker struct {
	lines chan string // what it says; closed once it has ended
	kill  func()
	begin io.Writer
}

func takeTurn(t *testing.T, path string, writes int) *turnTaker {
	t.Helper()
	arg, err := json.Marshal(turnArg{path, writes})
	ok(t, err)
	cmd := childCommand("turn", string(arg))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	ok(t, err)
	in, err := cmd.StdinPipe()
	ok(t, err)
	ok(t, cmd.Start())
	c := &turnTaker{make(chan string), func() { cmd.Process.Kill() }, in}
	go func() {
		defer close(c.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			c.lines <- s.Text()
		}
		_ = cmd.Wait() // it may have been killed
	}()
	return c
}

// Two processes take turns on a store: one has it open, the next one waits. Some are killed in the midst of their work.
// Each finds what was acknowledged to the one before, and at most one write more, of which nobody was told: so nobody
// has the store open while another one has.
func TestTurns(t *testing.T) {
	path := filepath.Join(inMemory(t), "test.db")
	rng := rand.New(rand.NewPCG(1, 2))
	acknowledged, killed := 0, 0
	turn := func() *turnTaker { return takeTurn(t, path, 1+rng.IntN(15)) }
	now, next := turn(), turn()
	for range *turns {
		kill := rng.IntN(3) == 0
		at := rng.IntN(15)
		var first string
		select { // either of the two may be first
		case line, more := <-now.lines:
			first = line
			if !more {
				t.Fatal("a child ends without a word")
			}
		case line, more := <-next.lines:
			first = line
			if now, next = next, now; !more {
				t.Fatal("a child ends without a word")
			}
		}
		found, err := strconv.Atoi(strings.TrimPrefix(first, "finds "))
		if err != nil || found < acknowledged || found > acknowledged+1 {
			t.Fatalf("the child %s, where %d was acknowledged", first, acknowledged)
		}
		acknowledged = found
		_, err = fmt.Fprintln(now.begin)
		ok(t, err)
		for line := range now.lines {
			n, err := strconv.Atoi(strings.TrimPrefix(line, "has written "))
			if err != nil || n != acknowledged+1 {
				t.Fatalf("the child %s, where %d was acknowledged", line, acknowledged)
			}
			acknowledged = n
			if at--; kill && at == 0 {
				now.kill()
				killed++
			}
		}
		now = turn()
	}
	for _, c := range []*turnTaker{now, next} {
		c.kill()
		for range c.lines {
		}
	}
	sound(t, path)
	e := open(t, path)
	n, err := counted(e)
	if err != nil || n < acknowledged {
		t.Errorf("the store has counted to %d, %d was acknowledged: %v", n, acknowledged, err)
	}
	ok(t, e.Close())
	sound(t, path)
	t.Logf("%d writes, %d kills", acknowledged, killed)
}
