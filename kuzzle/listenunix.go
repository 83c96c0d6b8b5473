package kuzzle

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

// ServeUnix is Serve on the socket of [ListenUnix], so that a program that has a store open lets the command line and
// other programs of its user use the store:
//
//	go server.ServeUnix("shop.sock")
func (s *Server) ServeUnix(path string) error {
	listener, err := ListenUnix(path)
	if err != nil {
		return err
	}
	return s.Serve(listener)
}

// ListenUnix listens on a Unix socket in the file system, which only the user can open who has made it: whoever can
// may do everything with what is served there. A socket that a killed program has left is replaced. It is an error
// if a program listens there, or if something else is at the path. The socket is removed when the listener is
// closed.
func ListenUnix(path string) (net.Listener, error) {
	conn, err := net.Dial("unix", path)
	if err == nil {
		_ = conn.Close()
		return nil, fmt.Errorf("listen on unix:%s: another server does", path)
	}
	isLeft := errors.Is(err, syscall.ECONNREFUSED) // else somebody may listen who is busy, or another user
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&os.ModeSocket == 0 {
		return nil, fmt.Errorf("listen on unix:%s: something is there that is no socket", path)
	}
	if err == nil && isLeft {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("unix", path)
	if errors.Is(err, syscall.EINVAL) {
		return nil, fmt.Errorf("listen on unix:%s: the path is too long: a socket's has about 100 bytes at most", path)
	}
	if err != nil {
		return nil, err
	}
	err = os.Chmod(path, 0o600) // a umask may have let others in
	if err == nil {
		err = turnAway(listener.(*net.UnixListener))
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// turnAway closes the connections of those who came in before the socket was closed to them.
func turnAway(listener *net.UnixListener) error {
	const moment = time.Millisecond
	if err := listener.SetDeadline(time.Now().Add(moment)); err != nil {
		return err
	}
	for {
		conn, err := listener.Accept()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return listener.SetDeadline(time.Time{})
		}
		if err != nil {
			return err
		}
		_ = conn.Close()
	}
}
