package command

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Tests of the shell in a process of its own, on a pseudo terminal.

// openTerminal opens a pseudo terminal: the side of who types, and the side of the program.
func openTerminal(t *testing.T) (user, program *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("there are no pseudo terminals here: %v", err)
	}
	user = os.NewFile(uintptr(fd), "/dev/ptmx")
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no pseudo terminals here: %v", err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = user.Close(), program.Close() })
	return user, program
}

// terminalShell is a shell on a pseudo terminal.
type terminalShell struct {
	*typing
	user, program *os.File
	process       *os.Process
	before        unix.Termios // how the terminal was set
}

func startTerminalShell(t *testing.T, args ...string) *terminalShell {
	t.Helper()
	user, program := openTerminal(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Args = append([]string{"kuzzlite", "shell"}, args...) // TestMain runs the command of that name
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	before, err := unix.IoctlGetTermios(int(program.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	sh := &terminalShell{&typing{newScreen(), user, make(chan int, 1)}, user, program, cmd.Process, *before}
	go func() { _, _ = io.Copy(sh.screen, user) }()
	go func() {
		_ = cmd.Wait()
		sh.code <- cmd.ProcessState.ExitCode()
	}()
	return sh
}

// isAsBefore checks that the terminal is set as it was before the shell.
func (sh *terminalShell) isAsBefore(t *testing.T) {
	t.Helper()
	after, err := unix.IoctlGetTermios(int(sh.program.Fd()), unix.TCGETS)
	if err != nil || *after != sh.before {
		t.Errorf("the terminal was left as %+v, %v; it was %+v", after, err, sh.before)
	}
}

// TestTerminalShell interrupts what runs, is asked, and sees tables.
func TestTerminalShell(t *testing.T) {
	t.Setenv(historyVariable, filepath.Join(t.TempDir(), "history"))
	db := smallStore(t)
	sh := startTerminalShell(t, db)
	sh.types(t, prompt, "list i c\r")
	sh.shows(t, "ID      VERSION  DOCUMENT\r\na       1        {\"n\":1}\r\n")
	sh.types(t, prompt, "watch i c\r")
	sh.types(t, "interrupt to end\r\n", "")
	sh.types(t, "nobody else can write", "\x03")
	sh.shows(t, "^C\r\ntook ")
	sh.types(t, prompt, "truncate i c\r")
	sh.types(t, "go on? [y/N] ", "\x03")
	sh.shows(t, "^C\r\nkuzzlite truncate: interrupted; nothing was written: run the command again\r\n")
	sh.types(t, prompt, "count i c\r") // which the question must not take for its answer
	sh.shows(t, "\r\n1\r\n")
	sh.types(t, prompt, "mupsert i c\r")
	sh.types(t, "Ctrl-D on a line of its own ends them\r\n", `{"_id":"b","changes":{}}`+"\n\x04")
	sh.shows(t, "created 1, ")
	sh.types(t, prompt, "mupsert i c\r")
	sh.types(t, "Ctrl-D on a line of its own ends them\r\n", "\x03")
	sh.shows(t, "mupsert: interrupted; nothing was written")
	sh.types(t, prompt, "mupsert i c --strict --batch 1\r")
	sh.types(t, "Ctrl-D on a line of its own ends them\r\n", `{"_id":"a"}`+"\n")
	sh.shows(t, "\r\n  1 line done; run the command again for what comes behind\r\n") // no command for elsewhere
	sh.types(t, prompt, "truncate i c\r")
	sh.types(t, "this removes 2 documents of i/c for good; go on? [y/N] ", "y\r")
	sh.shows(t, "truncated i/c: removed 2 documents\r\n")
	sh.types(t, prompt, "help get\r")
	sh.shows(t, "kuzzlite get INDEX COLLECTION ID")
	sh.types(t, prompt, "co\t")
	sh.shows(t, "compact    consume    consumers  count\r\n")
	sh.types(t, prompt+"co", "\x03\x04")
	sh.ends(t, exitOK)
	sh.isAsBefore(t)
}

// TestTerminalGoesAway closes the terminal in the middle of a line: the lines before are kept, that one is not run.
func TestTerminalGoesAway(t *testing.T) {
	history := filepath.Join(t.TempDir(), "history")
	t.Setenv(historyVariable, history)
	db := smallStore(t)
	sh := startTerminalShell(t, db)
	sh.types(t, prompt, "create i c b n:=2\r")
	sh.types(t, prompt, "delete i c a b")
	sh.shows(t, "delete i c a b")
	if err := sh.program.Close(); err != nil {
		t.Fatal(err)
	}
	if err := sh.user.Close(); err != nil {
		t.Fatal(err)
	}
	if code := <-sh.code; code != exitOK && code != exitStore { // it notices the end of the input first, or the hangup
		t.Errorf("exit code %d", code)
	}
	if got := must(t, "", "count", "--db", db, "i", "c"); got != "2\n" {
		t.Errorf("%s documents are left, want 2", got)
	}
	if b, err := os.ReadFile(history); err != nil || string(b) != "create i c b n:=2\n" {
		t.Errorf("the history is %q, %v", b, err)
	}
}

// TestTerminalSignal ends a shell with a signal, at the prompt and while a command runs.
func TestTerminalSignal(t *testing.T) {
	t.Setenv(historyVariable, "")
	for _, keys := range []string{"half a line", "watch i c\r"} {
		sh := startTerminalShell(t, smallStore(t))
		sh.types(t, prompt, keys)
		sh.shows(t, strings.TrimSuffix(keys, "\r"))
		if strings.HasPrefix(keys, "watch") {
			sh.shows(t, "nobody else can write")
		}
		if err := sh.process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		sh.shows(t, "kuzzlite shell: ended by a signal\r\n")
		sh.ends(t, exitStore)
		sh.isAsBefore(t)
	}
}

// TestTerminalWithoutScreen has standard error elsewhere: then there is no prompt, and the lines are a script.
func TestTerminalWithoutScreen(t *testing.T) {
	t.Setenv(historyVariable, "")
	user, program := openTerminal(t)
	var out, errs strings.Builder
	a := &app{stdin: program, out: newOutput(&out), stderr: &errs, terminals: [2]bool{true, false}}
	db := smallStore(t)
	if _, err := io.WriteString(user, "count i c\ntruncate i c\ncount i c\n\x04"); err != nil {
		t.Fatal(err)
	}
	if code := a.run(t.Context(), []string{"shell", db}); code != exitUsage || out.String() != "1\n" ||
		!strings.Contains(errs.String(), "pass --yes") {
		t.Errorf("exit code %d, %q, %q", code, out.String(), errs.String())
	}
}
