// A server for a test: the program named by KUZZLITE, or kuzzlite from PATH, on a free port, with a store in memory.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const { Kuzzle, WebSocket, Http } = createRequire(import.meta.url)('kuzzle-sdk');

export const protocols = { websocket: WebSocket, http: Http };

// startServer returns a server that listens, with its port and a function that ends it.
export async function startServer(...args) {
  const child = spawn(process.env.KUZZLITE ?? 'kuzzlite', [
    'serve', '--memory', '--listen', '127.0.0.1:0', '--dynamic', 'true', ...args,
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const port = await new Promise((resolve, reject) => {
    child.stderr.on('data', (data) => {
      said += data;
      const found = /127\.0\.0\.1:(\d+)/.exec(said);
      if (found) resolve(Number(found[1]));
    });
    child.on('exit', (code) => reject(new Error(`the server has ended with ${code}: ${said}`)));
    child.on('error', reject);
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  return {
    port,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

// connect returns an SDK that is connected.
export async function connect(protocol, port, options = {}) {
  const sdk = new Kuzzle(new protocols[protocol]('127.0.0.1', { port, ...options }), options);
  await sdk.connect();
  return sdk;
}

// until waits until a condition holds, and fails after some seconds.
export async function until(what, condition) {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
