import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, protocols, startServer } from './server.mjs';

const root = { username: 'root', password: 'root-password' };
const credentials = { local: { username: 'ada', password: 'secret-password' } };

// methodsOf lists the methods of a controller of the SDK.
const methodsOf = (controller) => Object.getOwnPropertyNames(Object.getPrototypeOf(controller)).filter((m) => m !== 'constructor');

// counting is a controller that takes down which methods have succeeded, and which have failed.
function counting(controller, succeeded, failed) {
  return new Proxy(controller, {
    get: (target, name) => {
      const method = target[name];
      if (typeof method !== 'function') return method;
      return (...args) => {
        const result = method.apply(target, args);
        result.then(() => succeeded.add(name), () => failed.add(name));
        return result;
      };
    },
  });
}

const ids = (list) => list.map((item) => item._id).sort();

for (const protocol of Object.keys(protocols)) {
  describe(`every method of security over ${protocol}`, () => {
    const succeeded = new Set();
    const failed = new Set();
    let server, admin, anonymous, security;
    before(async () => {
      server = await startServer();
      admin = await connect(protocol, server.port);
      anonymous = await connect(protocol, server.port);
      security = counting(admin.security, succeeded, failed);
    });
    after(async () => {
      admin.disconnect();
      anonymous.disconnect();
      await server.stop();
    });

    it('the first administrator', async () => {
      const user = await security.createFirstAdmin('root', { content: { name: 'Root' }, credentials: { local: root } }, { reset: true });
      assert.equal(user._id, 'root');
      assert.deepEqual(user.content.profileIds, ['admin']);
      await admin.auth.login('local', root);
      await assert.rejects(security.createFirstAdmin('other', { credentials: { local: root } }), { id: 'api.process.admin_exists', status: 412 });
    });

    it('roles', async () => {
      const controllers = { document: { actions: { get: true } } };
      const role = await security.createRole('reader', { controllers });
      assert.deepEqual([role._id, role.controllers], ['reader', controllers]);
      await assert.rejects(security.createRole('reader', { controllers }), { id: 'services.storage.document_already_exists', status: 400 });
      await assert.rejects(security.createRole('wrong', { controllers: { none: { actions: { x: true } } } }), { id: 'security.role.unknown_controller', status: 400 });
      await assert.rejects(security.createRole('wrong', { controllers: { document: { actions: { none: true } } } }), { id: 'security.role.unknown_action', status: 400 });
      assert.equal((await security.createRole('forced', { controllers: { none: { actions: { x: true } } } }, { force: true }))._id, 'forced');
      assert.deepEqual((await security.getRole('reader')).controllers, controllers);
      await assert.rejects(security.getRole('none'), { id: 'security.role.not_found', status: 404 });
      assert.deepEqual(ids(await security.mGetRoles(['reader', 'admin'])), ['admin', 'reader']);
      await assert.rejects(security.mGetRoles('admin'), { status: 400 });
      const more = { document: { actions: { get: true, search: true } } };
      await security.updateRole('reader', { controllers: { document: { actions: { get: true, search: true } } } });
      assert.deepEqual((await security.getRole('reader')).controllers, more);
      await assert.rejects(security.updateRole('none', { controllers }), { id: 'services.storage.not_found', status: 404 });
      const all = await security.createOrReplaceRole('all', { controllers: { '*': { actions: { '*': true } } } });
      assert.equal(all.controllers['*'].actions['*'], true);
      await assert.rejects(security.createOrReplaceRole('all', { controllers: {} }), { status: 400 });
      const found = await security.searchRoles({ controllers: ['document'] }, { size: 100 });
      assert.ok(ids(found.hits).includes('reader'));
      assert.ok(!ids(found.hits).includes('forced'));
      await assert.rejects(security.searchRoles({ controllers: 'document' }), { status: 400 });
    });

    it('profiles', async () => {
      const policies = [{ roleId: 'reader', restrictedTo: [{ index: 'shop', collections: ['carts'] }] }];
      const profile = await security.createProfile('readers', { policies, rateLimit: 50 });
      assert.deepEqual([profile._id, profile.policies, profile.rateLimit], ['readers', policies, 50]);
      await assert.rejects(security.createProfile('readers', { policies }), { id: 'services.storage.document_already_exists', status: 400 });
      await assert.rejects(security.createProfile('wrong', { policies: [{ roleId: 'none' }] }), { status: 404 });
      assert.deepEqual((await security.getProfile('readers')).policies, policies);
      await assert.rejects(security.getProfile('none'), { id: 'security.profile.not_found', status: 404 });
      assert.deepEqual(ids(await profile.getRoles()), ['reader']);
      assert.deepEqual(ids(await security.mGetProfiles(['readers', 'admin'])), ['admin', 'readers']);
      await assert.rejects(security.mGetProfiles('admin'), { status: 400 });
      await security.updateProfile('readers', { rateLimit: 60 });
      assert.equal((await security.getProfile('readers')).rateLimit, 60);
      assert.deepEqual((await security.getProfile('readers')).policies, policies);
      await assert.rejects(security.updateProfile('none', { rateLimit: 1 }), { id: 'security.profile.not_found', status: 404 });
      await security.createOrReplaceProfile('everything', { policies: [{ roleId: 'all' }] });
      await assert.rejects(security.createOrReplaceProfile('everything', { policies: 'all' }), { status: 400 });
      const rights = await security.getProfileRights('readers');
      assert.deepEqual(rights.map((r) => [r.controller, r.action, r.index, r.collection, r.value]).sort(), [
        ['document', 'get', 'shop', 'carts', 'allowed'], ['document', 'search', 'shop', 'carts', 'allowed'],
      ]);
      await assert.rejects(security.getProfileRights('none'), { id: 'security.profile.not_found', status: 404 });
      assert.deepEqual(ids((await security.searchProfiles({ roles: ['reader'] })).hits), ['readers']);
      await assert.rejects(security.searchProfiles({ roles: 'reader' }), { status: 400 });
      let page = await security.searchProfiles({}, { scroll: '1m', size: 2 });
      const seen = [];
      for (; page; page = await page.next()) seen.push(...ids(page.hits));
      assert.deepEqual(seen.sort(), ['admin', 'anonymous', 'default', 'everything', 'readers']);
    });

    it('users', async () => {
      const content = { profileIds: ['readers'], name: 'Ada' };
      const user = await security.createUser('ada', { content, credentials });
      assert.deepEqual([user._id, user.content.name, user.profileIds], ['ada', 'Ada', ['readers']]);
      await assert.rejects(security.createUser('ada', { content, credentials }), { id: 'security.user.already_exists', status: 412 });
      await assert.rejects(security.createUser('bob', { content: { profileIds: ['none'] }, credentials: {} }), { id: 'security.profile.not_found', status: 404 });
      await assert.rejects(security.createUser('bob', { content, credentials }), { status: 412 }); // the name is taken
      await assert.rejects(security.getUser('bob'), { id: 'security.user.not_found', status: 404 });
      const restricted = await security.createRestrictedUser({ credentials: { local: { username: 'guest', password: 'guest-password' } } }, 'guest');
      assert.deepEqual(restricted.profileIds, ['default']);
      await assert.rejects(security.createRestrictedUser({ content: { profileIds: ['admin'] }, credentials: {} }, 'evil'), { status: 400 });
      assert.equal((await security.getUser('ada')).content.name, 'Ada');
      assert.deepEqual(ids(await user.getProfiles()), ['readers']);
      assert.deepEqual(ids(await security.mGetUsers(['ada', 'root'])), ['ada', 'root']);
      await assert.rejects(security.mGetUsers(), { status: 400 });
      assert.equal((await security.updateUser('ada', { name: 'Ada L.', age: 36 })).content.name, 'Ada L.');
      await assert.rejects(security.updateUser('none', { name: 'x' }), { id: 'security.user.not_found', status: 404 });
      const replaced = await security.replaceUser('ada', { profileIds: ['readers'], name: 'Countess' });
      assert.deepEqual([replaced.content.name, replaced.content.age], ['Countess', undefined]);
      await assert.rejects(security.replaceUser('ada', { name: 'x' }), { status: 400 });
      const rights = await security.getUserRights('ada');
      assert.deepEqual(rights.map((r) => r.action).sort(), ['get', 'search']);
      await assert.rejects(security.getUserRights('none'), { id: 'security.user.not_found', status: 404 });
      assert.deepEqual(await security.getUserStrategies('ada'), ['local']);
      await assert.rejects(security.getUserStrategies('none'), { id: 'security.user.not_found', status: 404 });
      const found = await security.searchUsers({ query: { term: { profileIds: 'readers' } } });
      assert.deepEqual([ids(found.hits), found.total], [['ada'], 1]);
      await assert.rejects(security.searchUsers({ query: [] }), { status: 400 });
      let page = await security.searchUsers({}, { scroll: '1m', size: 1 });
      const seen = [];
      for (; page; page = await page.next()) seen.push(...ids(page.hits));
      assert.deepEqual(seen.sort(), ['ada', 'guest', 'root']);
      const mayGet = { controller: 'document', action: 'get', index: 'shop', collection: 'carts' };
      assert.equal(await security.checkRights('ada', mayGet), true);
      assert.equal(await security.checkRights('ada', { ...mayGet, action: 'delete' }), false);
      assert.equal(await security.checkRights('ada', { ...mayGet, collection: 'others' }), false);
      await assert.rejects(security.checkRights('none', mayGet), { id: 'security.user.not_found', status: 404 });
    });

    it('credentials', async () => {
      await security.createUser('eve', { content: { profileIds: ['default'] }, credentials: {} });
      assert.equal(await security.hasCredentials('local', 'eve'), false);
      await assert.rejects(security.hasCredentials('none', 'eve'), { id: 'security.credentials.unknown_strategy', status: 400 });
      const created = await security.createCredentials('local', 'eve', { username: 'eve', password: 'eve-password' });
      assert.deepEqual([created.username, created.password], ['eve', undefined]);
      await assert.rejects(security.createCredentials('local', 'none', { username: 'n', password: 'none-password' }), { id: 'security.user.not_found', status: 404 });
      assert.equal(await security.hasCredentials('local', 'eve'), true);
      assert.equal((await security.getCredentials('local', 'eve')).username, 'eve');
      await assert.rejects(security.getCredentials('none', 'eve'), { id: 'security.credentials.unknown_strategy', status: 400 });
      assert.equal((await security.getCredentialsById('local', 'eve')).username, 'eve');
      await assert.rejects(security.getCredentialsById('none', 'eve'), { id: 'security.credentials.unknown_strategy', status: 400 });
      assert.equal(await security.validateCredentials('local', 'eve', { username: 'eva', password: 'eva-password' }), true);
      await assert.rejects(security.validateCredentials('local', 'eve', { username: 'ada', password: 'some-password' }), { status: 412 });
      assert.equal((await security.updateCredentials('local', 'eve', { password: 'other-password' })).username, 'eve');
      await assert.rejects(security.updateCredentials('none', 'eve', {}), { id: 'security.credentials.unknown_strategy', status: 400 });
      const eve = await connect(protocol, server.port);
      await eve.auth.login('local', { username: 'eve', password: 'other-password' });
      assert.equal((await eve.auth.getCurrentUser())._id, 'eve');
      eve.disconnect();
      assert.deepEqual(await security.getCredentialFields('local'), ['username', 'password']);
      await assert.rejects(security.getCredentialFields('none'), { id: 'security.credentials.unknown_strategy', status: 400 });
      assert.deepEqual(await security.getAllCredentialFields(), { local: ['username', 'password'] });
      assert.deepEqual(await security.deleteCredentials('local', 'eve'), { acknowledged: true });
      await assert.rejects(security.deleteCredentials('none', 'eve'), { id: 'security.credentials.unknown_strategy', status: 400 });
      assert.equal(await security.hasCredentials('local', 'eve'), false);
    });

    it('API keys', async () => {
      const key = await security.createApiKey('ada', 'a robot', { _id: 'robot', expiresIn: '1h' });
      assert.deepEqual([key._id, key._source.description, key._source.userId, key._source.ttl], ['robot', 'a robot', 'ada', 3_600_000]);
      await assert.rejects(security.createApiKey('none', 'a robot'), { id: 'security.user.not_found', status: 404 });
      const robot = await connect(protocol, server.port);
      robot.setAPIKey(key._source.token);
      await admin.collection.create('shop', 'carts');
      await admin.document.create('shop', 'carts', { n: 1 }, 'c');
      assert.equal((await robot.document.get('shop', 'carts', 'c'))._source.n, 1);
      const found = await security.searchApiKeys('ada');
      assert.deepEqual([ids(found.hits), found.total, found.hits[0]._source.token], [['robot'], 1, undefined]);
      await assert.rejects(security.searchApiKeys('ada', {}, { lang: 'sql' }), { status: 400 });
      await security.deleteApiKey('ada', 'robot');
      await assert.rejects(security.deleteApiKey('ada', 'robot'), { status: 404 });
      await assert.rejects(robot.document.get('shop', 'carts', 'c'), { status: 401 });
      robot.disconnect();
    });

    it('mappings', async () => {
      const properties = { name: { type: 'text' } };
      assert.equal((await security.getUserMapping()).mapping.profileIds.type, 'keyword');
      await security.updateUserMapping({ properties });
      assert.equal((await security.getUserMapping()).mapping.name.type, 'text');
      for (const [update, get] of [['updateProfileMapping', 'getProfileMapping'], ['updateRoleMapping', 'getRoleMapping']]) {
        await security[update]({ properties });
        assert.equal((await security[get]()).mapping.name.type, 'text', get);
      }
      for (const update of ['updateUserMapping', 'updateProfileMapping', 'updateRoleMapping']) {
        await assert.rejects(security[update](), { id: 'api.assert.body_required', status: 400 });
      }
      await security.refresh('users');
      await assert.rejects(security.refresh('none'), { status: 400 });
    });

    it('deletions', async () => {
      await assert.rejects(security.deleteRole('reader'), { id: 'security.role.in_use' });
      await assert.rejects(security.deleteProfile('readers'), { id: 'security.profile.in_use' });
      await assert.rejects(security.deleteRole('admin'), { id: 'security.role.cannot_delete', status: 400 });
      assert.equal((await security.deleteUser('eve'))._id, 'eve');
      await assert.rejects(security.deleteUser('eve'), { id: 'security.user.not_found', status: 404 });
      assert.deepEqual((await security.mDeleteUsers(['ada', 'guest'])).sort(), ['ada', 'guest']);
      await assert.rejects(security.mDeleteUsers('ada'), { status: 400 });
      assert.equal((await security.deleteProfile('readers'))._id, 'readers');
      assert.deepEqual(await security.mDeleteProfiles(['everything']), ['everything']);
      await assert.rejects(security.mDeleteProfiles('everything'), { status: 400 });
      assert.equal((await security.deleteRole('reader'))._id, 'reader');
      assert.deepEqual((await security.mDeleteRoles(['forced', 'all'])).sort(), ['all', 'forced']);
      await assert.rejects(security.mDeleteRoles('all'), { status: 400 });
      assert.deepEqual(ids((await security.searchUsers({})).hits), ['root']);
      assert.deepEqual(ids((await security.searchRoles({})).hits), ['admin', 'anonymous', 'default']);
    });

    it('nothing for those who have not logged in', async () => {
      const names = methodsOf(anonymous.security);
      assert.ok(names.length > 40);
      for (const name of names) {
        const method = anonymous.security[name].bind(anonymous.security);
        const takesBody = /^(search(Users|Profiles|Roles)|createRestrictedUser|update\w+Mapping)$/.test(name);
        const args = takesBody ? [{}] : ['root', {}, {}].slice(0, anonymous.security[name].length);
        await assert.rejects(method(...args), { id: 'security.rights.unauthorized', status: 401 }, name);
      }
    });

    it('no method was forgotten', () => {
      const names = methodsOf(admin.security);
      assert.deepEqual(names.filter((name) => !succeeded.has(name)), [], 'none of these has succeeded');
      // Those that nothing can be wrong with fail for want of rights alone.
      assert.deepEqual(names.filter((name) => !failed.has(name)), [
        'getAllCredentialFields', 'getProfileMapping', 'getRoleMapping', 'getUserMapping',
      ]);
    });
  });
}
