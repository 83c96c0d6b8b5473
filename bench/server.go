package main

import "fmt"

// The workloads that say what the server must reach, each with its bars: all of them have names that begin with server, so
// that -workload '^server' runs them alone. Client and server are in one process, and the client's work is in the time.

func serverWorkloads(p plan) []workload {
	return []workload{
		serverOpenWorkload(p), serverManyWorkload(p), serverBatchWorkload(p), serverSingleWorkload(p, inFlight),
		serverSingleWorkload(p, 1), serverNotifyWorkload(p), serverFiltersWorkload(p),
	}
}

// Who is asked, in most of them.
const (
	servedMemory  = "server, in memory"
	servedDisk    = "server, on disk"
	libraryMemory = "library, in memory"
	libraryDisk   = "library, on disk"
)

var (
	byP99ms = measure{"p99, ms", func(s sample) float64 { return s.P99.Seconds() * 1000 }, false, nil}
	byGrown = measure{"heap grown, MiB", func(s sample) float64 { return mebibytes(s.Grown) }, false, nil}
)

func serverOpenWorkload(p plan) workload {
	w := base(p, "server-open", "How long does a test wait for the first answer of a fake of its own?")
	w.target, w.unit, w.shown = p.Target, "fakes/s", byP50ms
	w.entries = []entry{{label: "kuzzlite", contender: fakeContender.name}}
	w.setup = "One caller; each call starts a fake by kuzzletest.New, connects to it by a WebSocket with kuzzle/client, and " +
		"lists the indexes. The fakes are ended beside that."
	w.bars = []bar{{by: byP50ms, atMost: 2}}
	return w
}

func serverManyWorkload(p plan) workload {
	w := base(p, "server-many", "How much memory do many fakes in one process take?")
	w.target, w.unit, w.shown, w.watch, w.documents = 1, "calls/s", byOwn, true, p.Fakes
	w.entries = []entry{{label: "kuzzlite", contender: fakesContender.name}}
	w.setup = fmt.Sprintf("One call starts %d fakes by kuzzletest.New with a client each, who has his first answer and stays "+
		"connected. Then all are ended.", p.Fakes)
	w.bars = []bar{{by: byOwn, atMost: 1024, worst: true}, {by: byMillis}}
	return w
}

// servedSetup says what is the same for all who write.
const servedSetup = " By the server: document:mUpsert over one WebSocket, default options; by the library: MUpsert with " +
	"Options.Kuzzle. Both write Kuzzle's metadata. Each answer is read and must have a success for each document."

func serverBatchWorkload(p plan) workload {
	w := base(p, "server-200", "What does the protocol take of an mUpsert of 200 documents?")
	w.fill, w.batch, w.target = true, min(200, p.Documents/2), p.Engine
	w.entries = []entry{
		{label: servedMemory, contender: "kuzzlite-server-memory"}, {label: libraryMemory, contender: "kuzzlite-kuzzle-memory"},
		{label: servedDisk, contender: "kuzzlite-server"}, {label: libraryDisk, contender: "kuzzlite-kuzzle"},
	}
	w.setup = fmt.Sprintf("One caller; each call updates %d random documents of %d B among %d, 4 leaves each.", w.batch,
		sizeLarge, p.Documents) + servedSetup
	w.bars = []bar{
		{of: servedMemory, against: []string{libraryMemory}, by: byRate, atLeast: 0.5},
		{of: servedDisk, against: []string{libraryDisk}, by: byRate, atLeast: 0.6},
	}
	return w
}

func serverSingleWorkload(p plan, callers int) workload {
	w := base(p, fmt.Sprintf("server-%d", callers),
		fmt.Sprintf("How fast are single documents updated over one WebSocket, with requests under way: %d?", callers))
	w.fill, w.callers, w.target, w.shape.Size = true, callers, p.Engine, sizeSmall
	w.entries = []entry{
		{label: servedMemory, contender: "kuzzlite-server-memory"}, {label: echoContender.name, contender: echoContender.name},
		{label: servedDisk, contender: "kuzzlite-server"},
	}
	w.setup = fmt.Sprintf("%d callers share one WebSocket; each call updates one random document of %d B among %d, 4 leaves. "+
		"The echo gets the same requests, by the same client, and sends them back.", callers, sizeSmall, p.Documents) +
		servedSetup
	w.bars = []bar{
		{of: servedMemory, against: []string{echoContender.name}, by: byRate},
		{of: servedMemory, by: byP99ms},
		{of: servedDisk, against: []string{servedMemory}, by: byRate},
		{of: servedDisk, by: byP99ms},
	}
	if callers == inFlight {
		w.bars[0].atLeast, w.bars[1].atMost, w.bars[2].atLeast, w.bars[3].atMost = 0.4, 10, 0.6, 10
	}
	return w
}

func serverNotifyWorkload(p plan) workload {
	w := base(p, "server-notify", "How long does it take until many subscribers are told of a write?")
	w.documents, w.target, w.unit, w.shown, w.watch = p.Sockets, p.Engine, "writes/s", byP50ms, true
	w.entries = []entry{{label: "kuzzlite", contender: "kuzzlite-subscribed"}}
	w.setup = fmt.Sprintf("One caller; each call writes a small document over a WebSocket, and waits until each of %d other "+
		"WebSockets, subscribed to the whole collection, has its notification. Heap grown is by how much more is alive "+
		"after a round than after the one to warm up.", p.Sockets)
	w.bars = []bar{
		{by: byP50ms, atMost: 20}, {by: byP99ms, atMost: 20},
		{by: byGrown, atMost: 16, worst: true},
	}
	return w
}

const unsubscribedLabel = "kuzzlite, no subscribers"

func serverFiltersWorkload(p plan) workload {
	w := base(p, "server-filters", "What does a write cost while there are many subscriptions, each with a filter of its own?")
	w.documents, w.target, w.unit, w.watch = p.Watchers, p.Engine, "writes/s", true
	w.entries = []entry{
		{label: "kuzzlite", contender: "kuzzlite-filtered"},
		{label: unsubscribedLabel, contender: "kuzzlite-unsubscribed"},
	}
	w.setup = fmt.Sprintf("One caller; each call writes a small document over a WebSocket, in memory, which matches one of "+
		"%d filters, and waits until the subscriber of that filter has the notification. The filters are of four kinds: "+
		"equals, in, and with exists, and a range that has one number.", p.Watchers)
	w.bars = []bar{
		{against: []string{unsubscribedLabel}, by: byCost, atMost: 50},
		{by: byGrown, atMost: 16, worst: true},
	}
	return w
}
