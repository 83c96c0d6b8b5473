import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, protocols, startServer } from './server.mjs';

for (const protocol of Object.keys(protocols)) {
  describe(`index and collection over ${protocol}`, () => {
    let server, sdk;
    before(async () => {
      server = await startServer();
      sdk = await connect(protocol, server.port);
    });
    after(async () => {
      sdk.disconnect();
      await server.stop();
    });

    it('indexes', async () => {
      await sdk.index.create('one');
      await sdk.index.create('two');
      await assert.rejects(sdk.index.create('one'), { id: 'services.storage.index_already_exists', status: 412 });
      await assert.rejects(sdk.index.create('Upper'), { id: 'services.storage.invalid_index_name', status: 400 });
      assert.deepEqual(await sdk.index.list(), ['one', 'two']);
      assert.equal(await sdk.index.exists('one'), true);
      assert.equal(await sdk.index.exists('three'), false);
      await sdk.index.delete('one');
      await assert.rejects(sdk.index.delete('one'), { id: 'services.storage.unknown_index', status: 412 });
      assert.deepEqual(await sdk.index.mDelete(['two', 'three']), ['two']);
    });

    it('collections and mappings', async () => {
      await sdk.collection.create('i', 'c', { mappings: { dynamic: 'strict', _meta: { of: 'c' }, properties: { a: { type: 'keyword' } } } });
      assert.deepEqual(await sdk.collection.getMapping('i', 'c'), {
        dynamic: 'strict', _meta: { of: 'c' }, properties: { a: { type: 'keyword' } },
      });
      await sdk.collection.update('i', 'c', { mappings: { properties: { b: { type: 'integer' } } } });
      const mapping = await sdk.collection.getMapping('i', 'c', { includeKuzzleMeta: true });
      assert.deepEqual(Object.keys(mapping.properties).sort(), ['_kuzzle_info', 'a', 'b']);
      await assert.rejects(sdk.collection.update('i', 'c', { mappings: { properties: { a: { type: 'integer' } } } }), {
        id: 'services.storage.unexpected_bad_request', message: 'mapper [a] cannot be changed from type [keyword] to [integer]',
      });
      await assert.rejects(sdk.collection.create('i', 'd', { mappings: { dynamic: 'foo' } }), { id: 'services.storage.invalid_mapping' });
      assert.equal(await sdk.collection.exists('i', 'c'), true);
      assert.equal(await sdk.collection.exists('i', 'd'), false);
      const list = await sdk.collection.list('i');
      assert.deepEqual(list.collections, [{ name: 'c', type: 'stored' }]);
      await sdk.document.create('i', 'c', { a: 'x' }, 'x');
      await sdk.collection.refresh('i', 'c');
      await sdk.collection.truncate('i', 'c');
      assert.equal(await sdk.document.count('i', 'c'), 0);
      await sdk.collection.delete('i', 'c');
      assert.equal(await sdk.collection.exists('i', 'c'), false);
    });

    it('specifications', async () => {
      await sdk.collection.create('i', 's');
      const specs = { strict: true, fields: { age: { mandatory: true, type: 'integer' } } };
      const ok = await sdk.collection.validateSpecifications('i', 's', specs);
      assert.equal(ok.valid, true);
      await sdk.collection.updateSpecifications('i', 's', specs);
      assert.deepEqual((await sdk.collection.getSpecifications('i', 's')).validation, specs);
      await assert.rejects(sdk.document.create('i', 's', {}), { id: 'validation.check.failed_field', status: 400 });
      await sdk.document.create('i', 's', { age: 3 });
      assert.equal((await sdk.collection.searchSpecifications({})).total, 1);
      await sdk.collection.deleteSpecifications('i', 's');
      await assert.rejects(sdk.collection.getSpecifications('i', 's'), { id: 'validation.assert.not_found', status: 404 });
    });

    it('bulk', async () => {
      await sdk.collection.create('i', 'b');
      const imported = await sdk.bulk.import('i', 'b', [
        { index: { _id: '1' } }, { n: 1 }, { create: { _id: '1' } }, { n: 2 }, { update: { _id: '1' } }, { doc: { m: 1 } },
      ]);
      assert.deepEqual(imported.successes.map((s) => Object.keys(s)[0]), ['index', 'update']);
      assert.equal(imported.errors[0].create.status, 409);
      const written = await sdk.bulk.write('i', 'b', { n: 5, _kuzzle_info: { author: 'me' } }, '2');
      assert.equal(written._source._kuzzle_info.author, 'me');
      const many = await sdk.bulk.mWrite('i', 'b', [{ _id: '3', body: { n: 7 } }]);
      assert.equal(many.successes[0]._id, '3');
      assert.equal(await sdk.bulk.updateByQuery('i', 'b', { term: { n: 7 } }, { n: 8 }), 1);
      assert.equal(await sdk.bulk.deleteByQuery('i', 'b', { query: { term: { n: 8 } } }), 1);
    });
  });
}
