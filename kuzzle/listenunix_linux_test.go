package kuzzle

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A server that is too busy to accept has its socket still.
func TestListenUnixBesideBusyServer(t *testing.T) {
	dir, err := os.MkdirTemp("", "kuzzlite")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	busy, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(busy)
	if err := errors.Join(syscall.Bind(busy, &syscall.SockaddrUnix{Name: path}), syscall.Listen(busy, 0)); err != nil {
		t.Fatal(err)
	}
	for { // until no more can wait
		conn, err := net.Dial("unix", path)
		if errors.Is(err, syscall.EAGAIN) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	listener, err := ListenUnix(path)
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("listen: %v, want %v", err, syscall.EADDRINUSE)
	}
	if err == nil {
		listener.Close()
	}
}
