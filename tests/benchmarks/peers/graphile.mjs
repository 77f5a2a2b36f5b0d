// graphile-worker with its batch settings (worker.graphile.org/docs/performance#batching): a local queue, and
// completions in batches. Bulk is graphile_worker.add_jobs, as addJobs calls it.
import {makeWorkerUtils, run, Logger} from 'graphile-worker';
import pg from 'pg';
import {fileURLToPath} from 'node:url';
import {inCalls, serve} from './peer.mjs';

const logger = new Logger(() => () => {});
const payload = {message: '0190f3a0-7e57-7abc-8def-0123456789ab'};

async function open(settings) {
  const pool = new pg.Pool({connectionString: settings.url, max: 16});
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const utils = await makeWorkerUtils({pgPool: pool, logger});
  await utils.migrate();
  const isEmpty = async () => {
    const left = await pool.query('SELECT 1 FROM graphile_worker._private_jobs LIMIT 1');
    return left.rowCount === 0;
  };
  return {
    isEmpty,
    add: () => utils.addJob('nothing', payload),
    bulk: (jobs) =>
      inCalls(jobs, settings.bulk, settings.bulkCalls, (_, size) =>
        utils.addJobs(Array.from({length: size}, () => ({identifier: 'nothing', payload})))),
    async work(onStart, {idle = false} = {}) {
      const batched = {
        localQueue: {size: settings.localQueue},
        completeJobBatchDelay: settings.completeDelay,
        failJobBatchDelay: settings.completeDelay,
      };
      const worker = {maxPoolSize: 10, concurrentJobs: settings.concurrency, ...(idle ? {} : batched)};
      const runner = await run({
        preset: {worker: {...worker, connectionString: settings.url, logger}},
        logger,
        connectionString: settings.url,
        noHandleSignals: true,
        taskList: {nothing: () => onStart(1)},
      });
      return {done: isEmpty, stop: () => runner.stop()};
    },
    async end() {
      await utils.release();
      await pool.end();
    },
  };
}

await serve(fileURLToPath(import.meta.url), open);
