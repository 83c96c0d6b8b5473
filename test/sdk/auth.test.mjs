import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, protocols, startServer, until } from './server.mjs';

const login = { username: 'ada', password: 'secret-password' };

for (const protocol of Object.keys(protocols)) {
  describe(`auth and security over ${protocol}`, () => {
    let server, admin, user;
    before(async () => {
      server = await startServer();
      admin = await connect(protocol, server.port);
      user = await connect(protocol, server.port);
    });
    after(async () => {
      admin.disconnect();
      user.disconnect();
      await server.stop();
    });

    it('the first administrator', async () => {
      assert.equal((await admin.auth.getCurrentUser())._id, '-1');
      await admin.security.createFirstAdmin('root', { credentials: { local: { username: 'root', password: 'root-password' } } }, { reset: true });
      await assert.rejects(admin.server.adminExists(), { id: 'security.rights.unauthorized', status: 401 });
      const token = await admin.auth.login('local', { username: 'root', password: 'root-password' });
      assert.ok(token);
      assert.equal(await admin.server.adminExists(), true);
      assert.equal((await admin.auth.getCurrentUser())._id, 'root');
      const rights = await admin.auth.getMyRights();
      assert.deepEqual(rights.map((r) => [r.controller, r.action, r.value]), [['*', '*', 'allowed']]);
    });

    it('users and their rights', async () => {
      await admin.collection.create('shop', 'carts');
      await admin.security.createRole('buyer', { controllers: { auth: { actions: { '*': true } }, document: { actions: { get: true, create: true } } } });
      await admin.security.createProfile('buyer', { policies: [{ roleId: 'buyer', restrictedTo: [{ index: 'shop' }] }] });
      await admin.security.createUser('ada', { content: { profileIds: ['buyer'], name: 'Ada' }, credentials: { local: login } });
      await assert.rejects(user.auth.login('local', { ...login, password: 'no' }), { id: 'plugin.strategy.missing_user', status: 401 });
      await new Promise((resolve) => setTimeout(resolve, 1100)); // one login a second and connection
      await user.auth.login('local', login);
      const created = await user.document.create('shop', 'carts', {}, 'c');
      assert.equal(created._source._kuzzle_info.author, 'ada');
      await assert.rejects(user.document.delete('shop', 'carts', 'c'), { id: 'security.rights.forbidden', status: 403 });
      await assert.rejects(user.document.create('other', 'carts', {}, 'c'), { status: 403 });
      const me = await user.auth.getCurrentUser();
      assert.equal(me.content.name, 'Ada');
      await user.auth.updateSelf({ name: 'Ada L.' });
      assert.equal((await admin.security.getUser('ada')).content.name, 'Ada L.');
      const found = await admin.security.searchUsers({ query: {} });
      assert.deepEqual(found.hits.map((u) => u._id).sort(), ['ada', 'root']);
    });

    it('credentials and rights of one\'s own', async () => {
      assert.deepEqual(await user.auth.getStrategies(), ['local']);
      assert.equal(await user.auth.credentialsExist('local'), true);
      await assert.rejects(user.auth.credentialsExist('none'), { id: 'security.credentials.unknown_strategy', status: 400 });
      assert.deepEqual(await user.auth.getMyCredentials('local'), { username: 'ada', kuid: 'ada' });
      assert.equal(await user.auth.validateMyCredentials('local', { username: 'ada', password: 'other-password' }), true);
      await assert.rejects(user.auth.validateMyCredentials('local', { username: 'root', password: 'other-password' }), { status: 412 });
      assert.equal((await user.auth.updateMyCredentials('local', { password: 'other-password' })).username, 'ada');
      assert.equal(await user.auth.deleteMyCredentials('local'), true);
      assert.equal(await user.auth.credentialsExist('local'), false);
      assert.equal((await user.auth.createMyCredentials('local', login)).username, 'ada');
      await assert.rejects(user.auth.createMyCredentials('local', login), { status: 412 });
      const mayGet = { controller: 'document', action: 'get', index: 'shop', collection: 'carts' };
      assert.equal(await user.auth.checkRights(mayGet), true);
      assert.equal(await user.auth.checkRights({ ...mayGet, action: 'delete' }), false);
      await assert.rejects(user.auth.updateSelf({ profileIds: ['admin'] }), { id: 'api.assert.forbidden_argument', status: 400 });
    });

    it('tokens', async () => {
      assert.equal((await user.auth.checkToken()).valid, true);
      const before = user.jwt;
      await user.auth.refreshToken();
      assert.notEqual(user.jwt, before);
      const key = await user.auth.createApiKey('for a robot');
      assert.ok(key._source.token.startsWith('kapikey-'));
      assert.equal((await user.auth.searchApiKeys()).total, 1);
      await user.auth.deleteApiKey(key._id);
      assert.equal((await user.auth.searchApiKeys()).total, 0);
      await assert.rejects(user.auth.deleteApiKey(key._id), { status: 404 });
      await user.auth.logout();
      await assert.rejects(user.document.get('shop', 'carts', 'c'), { status: 401 });
    });

    if (protocol === 'websocket') {
      it('a token that expires', async () => {
        const short = await connect(protocol, server.port);
        let expired = false;
        short.on('tokenExpired', () => { expired = true; });
        await short.auth.login('local', login, '1s');
        await until('the token has expired', () => expired);
        short.disconnect();
      });
    }
  });
}
