package server

import (
	"bufio"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
)

// What is known of the program, and of the machine.

// build is which program this is.
type build struct{ version, commit string }

var readBuild = sync.OnceValue(func() build {
	b := build{version: "unknown", commit: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	const module = "github.com/kuzzlite/kuzzlite"
	if info.Main.Path == module {
		b.version = info.Main.Version
	}
	for _, dependency := range info.Deps {
		if dependency.Path == module {
			b.version = dependency.Version
		}
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			b.commit = setting.Value
		}
	}
	return b
})

// systemMemory returns the memory of the machine in bytes, as Linux tells it; elsewhere nothing is known.
func systemMemory() map[string]uint64 {
	memory := map[string]uint64{}
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return memory
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		kilobytes, err := strconv.ParseUint(fields[1], 10, 64)
		if err != nil {
			continue
		}
		switch fields[0] {
		case "MemTotal:":
			memory["total"] = kilobytes << 10
		case "MemAvailable:":
			memory["free"] = kilobytes << 10
		}
	}
	return memory
}

// cpus returns what is known of each processor that the program may use: what it is.
func cpus() []object {
	list := make([]object, runtime.NumCPU())
	for i := range list {
		list[i] = object{"model": runtime.GOARCH}
	}
	return list
}
