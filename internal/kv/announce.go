package kv

import "context"

// Announcer is an engine that likes to know which calls are about to append a batch: then it makes those durable
// together that would be a moment apart.
type Announcer interface {
	// Announce returns the context for a call that may append soon. Its Come is to be called in any case.
	Announce(ctx context.Context) Announcement
}

// Announcement is the context of a call that was announced.
type Announcement interface {
	context.Context

	// Come says that the call has appended its batch, or that none will come. What the call does later it does
	// unannounced; a second Come does nothing.
	Come()
}

// AnnouncementKey is the key under which an Announcement, and each context that was made of it, has the Announcement.
type AnnouncementKey struct{}

// Come calls Come of the announcement that ctx was made of, if there is one.
func Come(ctx context.Context) {
	if a, ok := ctx.Value(AnnouncementKey{}).(Announcement); ok {
		a.Come()
	}
}
