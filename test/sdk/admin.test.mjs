import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, protocols, startServer } from './server.mjs';

for (const protocol of Object.keys(protocols)) {
  describe(`server and admin over ${protocol}`, () => {
    let server, sdk;
    // The SDK has no controller for admin: query makes its requests.
    const admin = async (action, args = {}, body) => (await sdk.query({ controller: 'admin', action, ...args, body })).result;
    const refused = (action, body, error) => assert.rejects(admin(action, {}, body), error);
    // Over HTTP the SDK knows from server:publicApi what is not there, and does not ask.
    const absent = (action) => assert.rejects(admin(action), protocol === 'http'
      ? { message: `No URL found for "admin:${action}".` }
      : { id: 'api.process.action_not_found', status: 404 });
    before(async () => {
      server = await startServer();
      sdk = await connect(protocol, server.port);
    });
    after(async () => {
      sdk.disconnect();
      await server.stop();
    });

    it('what the server is', async () => {
      const before = Date.now();
      const now = await sdk.server.now();
      assert.ok(now >= before && now <= Date.now());
      const { serverInfo } = await sdk.server.info();
      assert.equal(serverInfo.kuzzle.version, '2.56.0');
      assert.deepEqual(serverInfo.kuzzle.api.routes.document.mUpsert.http, [
        { path: '/:index/:collection/_mUpsert', url: '/:index/:collection/_mUpsert', verb: 'POST' },
      ]);
      const capabilities = await sdk.server.capabilities();
      assert.equal(capabilities.version, '2.56.0');
      assert.equal(capabilities.limits.documentsWriteCount, 200);
      assert.equal(capabilities.routes.document.create.action, 'create');
      const config = await sdk.server.getConfig();
      assert.equal(config.limits.documentsFetchCount, 10_000);
      assert.equal(config.security, undefined);
      assert.equal(await sdk.server.adminExists(), false);
    });

    it('statistics', async () => {
      const last = await sdk.server.getLastStats();
      assert.ok(last.timestamp > 0);
      for (const figures of ['completedRequests', 'failedRequests', 'ongoingRequests', 'connections']) {
        assert.equal(typeof last[figures], 'object', figures);
      }
      assert.ok(last.completedRequests[protocol] > 0);
      const all = await sdk.server.getAllStats(); // the first frame comes after ten seconds
      assert.deepEqual(all, { hits: [], total: 0 });
      assert.deepEqual(await sdk.server.getStats(0, Date.now() + 60_000), all);
      assert.equal((await sdk.server.getStats(0, 1)).total, 0);
      await assert.rejects(sdk.server.getStats('x', 1), { id: 'api.assert.invalid_type', status: 400 });
    });

    it('loads', async () => {
      const acknowledged = { acknowledge: true };
      assert.deepEqual(await admin('loadMappings', {}, { shop: { carts: { properties: { n: { type: 'integer' } } } } }), acknowledged);
      assert.equal((await sdk.collection.getMapping('shop', 'carts')).properties.n.type, 'integer');
      await refused('loadMappings', { shop: { carts: { properties: { n: { type: 'none' } } } } }, { status: 400 });
      await admin('loadFixtures', { refresh: 'wait_for' }, { shop: { carts: [{ index: { _id: 'a' } }, { n: 1 }, { create: { _id: 'b' } }, { n: 2 }] } });
      assert.equal((await sdk.document.get('shop', 'carts', 'b'))._source.n, 2);
      await refused('loadFixtures', { shop: { carts: [{ create: { _id: 'a' } }, { n: 3 }] } }, { status: 206 });
      const securities = {
        roles: { reader: { controllers: { document: { actions: { get: true } } } } },
        profiles: { readers: { policies: [{ roleId: 'reader' }] } },
        users: { ada: { content: { profileIds: ['readers'] }, credentials: { local: { username: 'ada', password: 'secret-password' } } } },
      };
      assert.deepEqual(await admin('loadSecurities', { onExistingUsers: 'overwrite' }, securities), acknowledged);
      assert.deepEqual((await sdk.security.getUser('ada')).profileIds, ['readers']);
      await refused('loadSecurities', { profiles: { wrong: { policies: [{ roleId: 'none' }] } } }, { status: 404 });
    });

    it('resets', async () => {
      const acknowledged = { acknowledge: true };
      assert.equal(await admin('refreshIndexCache'), undefined);
      for (const database of ['internalCache', 'memoryStorage']) {
        assert.deepEqual(await admin('resetCache', { database }), acknowledged);
      }
      await assert.rejects(admin('resetCache', { database: 'none' }), { status: 404 });
      const deleted = await admin('resetSecurity');
      assert.deepEqual([deleted.deletedUsers, deleted.deletedProfiles, deleted.deletedRoles], [1, 4, 4]); // with those that come back
      await assert.rejects(sdk.security.getUser('ada'), { id: 'security.user.not_found', status: 404 });
      assert.deepEqual(await admin('resetDatabase'), acknowledged);
      assert.deepEqual(await sdk.index.list(), []);
      await absent('resetKuzzleData');
    });

    it('nothing for those who may not', async () => {
      const root = { username: 'root', password: 'root-password' };
      await sdk.security.createFirstAdmin('root', { credentials: { local: root } }, { reset: true });
      const unauthorized = { id: 'security.rights.unauthorized', status: 401 };
      const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(sdk.server)).filter((m) => m !== 'constructor');
      assert.equal(methods.length, 8);
      for (const method of methods) await assert.rejects(sdk.server[method](), unauthorized, method);
      for (const action of ['dump', 'loadFixtures', 'loadMappings', 'loadSecurities', 'refreshIndexCache', 'resetCache', 'resetDatabase', 'resetSecurity']) {
        await refused(action, {}, unauthorized);
      }
      await sdk.auth.login('local', root);
      assert.equal(await sdk.server.adminExists(), true);
    });

    it('what serve does not let clients do', async () => {
      await absent('shutdown');
      await refused('dump', {}, { status: 412, message: /without a directory for dumps/ });
    });
  });
}
