package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"sync"
)

// Subscription is a subscription to changes of a collection.
type Subscription struct {
	client          *Client
	RoomID, Channel string

	mu     sync.Mutex
	queue  []json.RawMessage
	ended  bool
	filled chan struct{} // has something if the queue has, or the subscription has ended
}

// Notification is what a subscriber is told.
type Notification struct {
	Type       string          `json:"type"`   // document or user
	Action     string          `json:"action"` // create, update, replace, delete or publish; of users what they did
	Event      string          `json:"event"`  // write, delete or publish
	Scope      string          `json:"scope"`  // in or out
	User       string          `json:"user"`   // in or out, of users
	Index      string          `json:"index"`
	Collection string          `json:"collection"`
	RequestID  string          `json:"requestId"`
	Timestamp  int64           `json:"timestamp"` // ms since 1970
	Volatile   json.RawMessage `json:"volatile"`
	Result     struct {
		ID            string          `json:"_id"`
		Source        json.RawMessage `json:"_source"`
		Version       uint64          `json:"_version"`
		UpdatedFields []string        `json:"_updatedFields"`
		Count         int             `json:"count"` // of users: how many are there now
	} `json:"result"`
}

// Subscribe subscribes to the documents of a collection that match a filter of Koncorde, what marshals to a JSON object;
// an empty one is all. args are further arguments, such as scope and users; nil: none.
//
// What the server tells waits in memory until Notifications is read.
func (c *Client) Subscribe(ctx context.Context, index, collection string, filter any, args map[string]any) (
	*Subscription, error) {
	c.enter(1)
	defer c.enter(-1)
	result, err := c.Query(ctx, &Request{
		Controller: "realtime", Action: "subscribe", Index: index, Collection: collection, Body: filter,
		Args: maps.Clone(args),
	})
	if err != nil {
		return nil, err
	}
	s := &Subscription{client: c, filled: make(chan struct{}, 1)}
	var room struct{ RoomID, Channel string }
	if err := json.Unmarshal(result, &room); err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	s.RoomID, s.Channel = room.RoomID, room.Channel
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return nil, c.err
	}
	if c.channels[s.Channel] == nil {
		c.channels[s.Channel] = map[*Subscription]struct{}{}
	}
	c.channels[s.Channel][s] = struct{}{}
	for _, text := range c.early[s.Channel] {
		s.offer(text)
	}
	return s, nil
}

// enter counts the subscriptions under way. As long as there are any, what is told of channels not known yet is kept.
func (c *Client) enter(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entering += n; c.entering == 0 || c.early == nil {
		c.early = map[string][]json.RawMessage{}
	}
}

// offer puts a notification into the queue.
func (s *Subscription) offer(text json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, text)
	s.wake()
}

func (s *Subscription) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.wake()
}

func (s *Subscription) wake() {
	select {
	case s.filled <- struct{}{}:
	default:
	}
}

// next returns the notifications that wait, and whether there can be more.
func (s *Subscription) next() (list []json.RawMessage, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, s.queue = s.queue, nil
	return list, !s.ended
}

// Notifications yields what the server tells, until ctx is done, whose error is yielded, or the connection ends, which
// is ErrClosed, or Unsubscribe is called. Only one iteration at a time.
func (s *Subscription) Notifications(ctx context.Context) iter.Seq2[*Notification, error] {
	return func(yield func(*Notification, error) bool) {
		for {
			list, open := s.next()
			for _, text := range list {
				n := &Notification{}
				err := json.Unmarshal(text, n)
				if !yield(n, err) || err != nil {
					return
				}
			}
			if !open {
				if err := s.client.ended(); err != nil {
					yield(nil, err)
				}
				return
			}
			select {
			case <-s.filled:
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			}
		}
	}
}

// Unsubscribe ends the subscription, and others of the connection with the same filter on the same collection.
func (s *Subscription) Unsubscribe(ctx context.Context) error {
	_, err := s.client.Query(ctx, &Request{
		Controller: "realtime", Action: "unsubscribe", Body: map[string]string{"roomId": s.RoomID},
	})
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	delete(s.client.channels[s.Channel], s)
	s.close()
	return err
}
