import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, protocols, startServer } from './server.mjs';

for (const protocol of Object.keys(protocols)) {
  describe(`document over ${protocol}`, () => {
    let server, sdk, documents;
    const where = ['nyc', 'taxi'];
    before(async () => {
      server = await startServer();
      sdk = await connect(protocol, server.port);
      documents = sdk.document;
      await sdk.index.create('nyc');
      await sdk.collection.create('nyc', 'taxi', { mappings: { properties: { n: { type: 'integer' } } } });
    });
    after(async () => {
      sdk.disconnect();
      await server.stop();
    });

    const refused = (id, status, message) => (error) => {
      assert.equal(error.id, id);
      assert.equal(error.status, status);
      if (message) assert.equal(error.message, message);
      return true;
    };

    it('create', async () => {
      const created = await documents.create(...where, { n: 1, o: { p: [1, null] } }, 'a');
      assert.equal(created._id, 'a');
      assert.equal(created._version, 1);
      assert.deepEqual({ ...created._source, _kuzzle_info: undefined }, { n: 1, o: { p: [1, null] }, _kuzzle_info: undefined });
      const { author, createdAt, updatedAt, updater } = created._source._kuzzle_info;
      assert.deepEqual({ author, updatedAt, updater }, { author: '-1', updatedAt: null, updater: null });
      assert.ok(Math.abs(createdAt - Date.now()) < 60_000);
      await assert.rejects(documents.create(...where, {}, 'a'), refused('services.storage.document_already_exists', 400, 'Document already exists.'));
      const generated = await documents.create(...where, { n: 2 });
      assert.ok(generated._id.length > 10);
      await documents.delete(...where, generated._id);
    });

    it('get and exists', async () => {
      const got = await documents.get(...where, 'a');
      assert.equal(got._source.n, 1);
      assert.equal(await documents.exists(...where, 'a'), true);
      assert.equal(await documents.exists(...where, 'zz'), false);
      await assert.rejects(documents.get(...where, 'zz'), refused('services.storage.not_found', 404, 'Document "zz" not found in "nyc":"taxi".'));
      await assert.rejects(documents.get('nope', 'taxi', 'a'), refused('services.storage.unknown_index', 412, 'The index "nope" does not exist.'));
      await assert.rejects(documents.get('nyc', 'nope', 'a'), refused('services.storage.unknown_collection', 412));
    });

    it('createOrReplace and replace', async () => {
      const created = await documents.createOrReplace(...where, 'cr', { x: 1 });
      assert.equal(created.created, true);
      const replaced = await documents.createOrReplace(...where, 'cr', { y: 1 });
      assert.equal(replaced.created, false);
      assert.equal(replaced._source.x, undefined);
      assert.equal((await documents.replace(...where, 'cr', { z: 1 }))._version, 3);
      await assert.rejects(documents.replace(...where, 'zz', {}), refused('services.storage.not_found', 404));
    });

    it('update', async () => {
      const partial = await documents.update(...where, 'a', { o: { q: 2 } }, { retryOnConflict: 3 });
      assert.deepEqual(partial._source.o, { q: 2 });
      assert.equal(partial._source.n, undefined);
      const whole = await documents.update(...where, 'a', { n: 5 }, { source: true });
      assert.deepEqual(whole._source.o, { p: [1, null], q: 2 });
      assert.equal(whole._source.n, 5);
      assert.equal(whole._version, 3);
      await assert.rejects(documents.update(...where, 'zz', {}), refused('services.storage.not_found', 404));
    });

    it('upsert', async () => {
      const created = await documents.upsert(...where, 'u', { n: 1 }, { default: { n: 9, m: 2 }, source: true });
      assert.equal(created.created, true);
      assert.deepEqual([created._source.n, created._source.m], [1, 2]);
      const updated = await documents.upsert(...where, 'u', { n: 2 }, { default: { m: 7 }, source: true });
      assert.equal(updated.created, false);
      assert.deepEqual([updated._source.n, updated._source.m], [2, 2]);
    });

    it('deleteFields', async () => {
      await documents.createOrReplace(...where, 'f', { a: { b: 1, c: 2 }, d: 3 });
      const left = await documents.deleteFields(...where, 'f', ['a.b', 'd', 'nothing'], { source: true });
      assert.deepEqual(left._source.a, { c: 2 });
      assert.equal(left._source.d, undefined);
    });

    it('mUpsert', async () => {
      const result = await documents.mUpsert(...where, [
        { _id: 'm1', changes: { n: 1 }, default: { n: 7, state: 'new' } },
        { _id: 'a', changes: { n: 6 } },
        { _id: 'bad' },
      ]);
      assert.deepEqual(result.successes.map((s) => [s._id, s.status, s.created, s._source.n]), [['m1', 201, true, 7], ['a', 200, false, 6]]);
      assert.deepEqual(result.errors, [{ document: { _id: 'bad' }, reason: 'document changes must be an object', status: 400 }]);
      await assert.rejects(documents.mUpsert(...where, [{ _id: 'bad' }], { strict: true }), (error) => {
        refused('api.process.incomplete_multiple_request', 400, 'At least one of the mUpsert actions failed.')(error);
        assert.equal(error.count, 1);
        return true;
      });
      const many = Array.from({ length: 201 }, (_, i) => ({ _id: `x${i}`, changes: {} }));
      await assert.rejects(documents.mUpsert(...where, many), refused('services.storage.write_limit_exceeded', 413));
    });

    it('mCreate, mCreateOrReplace, mReplace, mUpdate', async () => {
      const created = await documents.mCreate(...where, [{ _id: 'c1', body: { n: 1 } }, { _id: 'a', body: {} }, { body: { n: 2 } }]);
      assert.deepEqual(created.successes.map((s) => s.result), ['created', 'created']);
      assert.equal(created.errors[0].reason, 'document already exists');
      const replaced = await documents.mCreateOrReplace(...where, [{ _id: 'c1', body: { n: 3 } }, { _id: 'c2', body: {} }]);
      assert.deepEqual(replaced.successes.map((s) => s.created), [false, true]);
      assert.equal((await documents.mReplace(...where, [{ _id: 'c2', body: { n: 4 } }, { _id: 'zz', body: {} }])).errors[0].status, 404);
      const updated = await documents.mUpdate(...where, [{ _id: 'c2', body: { m: 1 } }, { _id: 'zz', body: {} }]);
      assert.deepEqual([updated.successes[0]._source.n, updated.successes[0]._source.m], [4, 1]);
      assert.equal(updated.errors[0].reason, 'document not found');
    });

    it('mGet', async () => {
      const got = await documents.mGet(...where, ['a', 'c1', 'zz', 'a']);
      assert.deepEqual(got.successes.map((s) => s._id), ['a', 'c1', 'a']);
      assert.deepEqual(got.errors, ['zz']);
    });

    it('delete and mDelete', async () => {
      assert.equal(await documents.delete(...where, 'c1'), 'c1');
      await assert.rejects(documents.delete(...where, 'c1'), refused('services.storage.not_found', 404));
      const deleted = await documents.mDelete(...where, ['c2', 'zz']);
      assert.deepEqual(deleted, { errors: [{ _id: 'zz', reason: 'document not found', status: 404 }], successes: ['c2'] });
    });

    it('count, deleteByQuery, updateByQuery', async () => {
      await sdk.collection.create('nyc', 'query');
      const items = Array.from({ length: 10 }, (_, i) => ({ _id: `q${i}`, body: { n: i, even: i % 2 === 0 } }));
      await documents.mCreate('nyc', 'query', items);
      assert.equal(await documents.count('nyc', 'query'), 10);
      assert.equal(await documents.count('nyc', 'query', { query: { term: { even: true } } }), 5);
      assert.equal(await documents.count('nyc', 'query', { query: { equals: { even: true } } }, { lang: 'koncorde' }), 5);
      const updated = await documents.updateByQuery('nyc', 'query', { range: { n: { lt: 2 } } }, { seen: true }, { source: true });
      assert.deepEqual(updated.successes.map((s) => [s._id, s._source.seen]), [['q0', true], ['q1', true]]);
      assert.deepEqual(await documents.deleteByQuery('nyc', 'query', { query: { term: { seen: true } } }), ['q0', 'q1']);
      assert.equal(await documents.count('nyc', 'query'), 8);
    });

    it('search, page by page', async () => {
      await sdk.collection.create('nyc', 'pages');
      await documents.mCreate('nyc', 'pages', Array.from({ length: 25 }, (_, i) => ({ _id: `p${i}`, body: { n: i } })));
      for (const options of [{ size: 10 }, { size: 10, scroll: '10s' }]) {
        let page = await documents.search('nyc', 'pages', { query: {}, sort: [{ n: 'desc' }] }, options);
        assert.equal(page.total, 25);
        const seen = [];
        while (page) {
          seen.push(...page.hits.map((hit) => hit._source.n));
          page = await page.next();
        }
        assert.deepEqual(seen, Array.from({ length: 25 }, (_, i) => 24 - i));
      }
      await assert.rejects(documents.search('nyc', 'pages', { query: { foo: {} } }), refused('services.storage.unexpected_bad_request', 400, 'unknown query [foo]'));
    });

    it('validate', async () => {
      assert.deepEqual(await documents.validate(...where, { n: 1 }), { errorMessages: {}, valid: true });
    });
  });
}
