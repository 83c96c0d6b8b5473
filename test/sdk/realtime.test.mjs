import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, startServer, until } from './server.mjs';

describe('realtime', () => {
  let server, reader, writer;
  const where = ['nyc', 'taxi'];
  before(async () => {
    server = await startServer();
    reader = await connect('websocket', server.port);
    writer = await connect('websocket', server.port);
    await writer.collection.create(...where);
  });
  after(async () => {
    reader.disconnect();
    writer.disconnect();
    await server.stop();
  });

  it('scopes in and out', async () => {
    const told = [];
    const room = await reader.realtime.subscribe(...where, { range: { n: { gt: 5 } } }, (n) => told.push(n));
    await writer.document.create(...where, { n: 9 }, 'a');
    await writer.document.update(...where, 'a', { n: 1 });
    await writer.document.update(...where, 'a', { n: 2 });
    await writer.document.update(...where, 'a', { n: 7 });
    await writer.document.delete(...where, 'a');
    await until('five notifications came', () => told.length >= 4);
    assert.deepEqual(told.map((n) => [n.action, n.scope, n.result._id]), [
      ['create', 'in', 'a'], ['update', 'out', 'a'], ['update', 'in', 'a'], ['delete', 'out', 'a'],
    ]);
    assert.deepEqual(told[1].result._updatedFields, ['n']);
    assert.equal(await reader.realtime.count(room), 1);
    await reader.realtime.unsubscribe(room);
    assert.equal(await writer.realtime.count(room), 0);
  });

  it('one scope, and silent writes', async () => {
    const told = [];
    const room = await reader.realtime.subscribe(...where, { exists: 'n' }, (n) => told.push(n.scope), { scope: 'out' });
    await writer.document.create(...where, { n: 1 }, 'b');
    await writer.document.mUpsert(...where, [{ _id: 'b', changes: { n: 2 } }], { silent: true });
    await writer.document.delete(...where, 'b');
    await until('the document has left', () => told.length > 0);
    assert.deepEqual(told, ['out']);
    await reader.realtime.unsubscribe(room);
  });

  it('users, with their volatile data', async () => {
    const told = [];
    const room = await reader.realtime.subscribe(...where, {}, (n) => told.push(n), { users: 'all', scope: 'none' });
    const other = await connect('websocket', server.port);
    await other.realtime.subscribe(...where, {}, () => {}, { volatile: { name: 'other' } });
    await until('somebody has come', () => told.length === 1);
    other.disconnect();
    await until('somebody has gone', () => told.length === 2);
    assert.deepEqual(told.map((n) => [n.type, n.user, n.result.count, n.volatile.name]), [['user', 'in', 2, 'other'], ['user', 'out', 1, 'other']]);
    await reader.realtime.unsubscribe(room);
  });

  it('publish, and not to oneself', async () => {
    const told = [];
    const room = await reader.realtime.subscribe(...where, {}, (n) => told.push(n), { subscribeToSelf: false });
    await reader.realtime.publish(...where, { from: 'me' });
    await writer.realtime.publish(...where, { from: 'other' }, { _id: 'p' });
    await until('a message came', () => told.length > 0);
    assert.deepEqual(told.map((n) => [n.event, n.result._source.from]), [['publish', 'other']]);
    await reader.realtime.unsubscribe(room);
  });

  it('a wrong filter', async () => {
    await assert.rejects(reader.realtime.subscribe(...where, { foo: 1 }, () => {}), {
      id: 'api.assert.koncorde_dsl_error', message: '"foo": unknown keyword',
    });
  });
});

describe('a server that goes away', () => {
  it('is found again: subscriptions and queued requests go on', async () => {
    const first = await startServer();
    const sdk = await connect('websocket', first.port, { offlineMode: 'auto', reconnectionDelay: 50 });
    const told = [];
    await sdk.collection.create('nyc', 'taxi');
    await sdk.realtime.subscribe('nyc', 'taxi', {}, (n) => told.push(n.result._id));
    let lost = false;
    let found = false;
    sdk.on('networkError', () => { lost = true; });
    sdk.on('reconnected', () => { found = true; });
    await first.stop('SIGKILL');
    await until('the connection is lost', () => lost);
    const queued = [sdk.collection.create('nyc', 'taxi'), sdk.document.create('nyc', 'taxi', {}, 'queued')];
    const second = await startServer('--listen', `127.0.0.1:${first.port}`);
    await Promise.all(queued);
    await until('the SDK has reconnected', () => found);
    await until('it has subscribed again', () => told.includes('queued') || told.includes('later') || sdk.connected);
    await sdk.document.create('nyc', 'taxi', {}, 'later');
    await until('it is told again', () => told.includes('later'));
    sdk.disconnect();
    await second.stop();
  });

  it('says goodbye so that the SDK comes back', async () => {
    const first = await startServer();
    const sdk = await connect('websocket', first.port, { reconnectionDelay: 50 });
    let found = false;
    sdk.on('reconnected', () => { found = true; });
    assert.equal(await first.stop('SIGTERM'), 0);
    const second = await startServer('--listen', `127.0.0.1:${first.port}`);
    await until('the SDK has reconnected', () => found);
    sdk.disconnect();
    await second.stop();
  });
});
