// pg-boss with batches (pgboss.io/api/workers): insert() in bulk, work() with batchSize and localConcurrency, fetching
// on while batches are full, woken by NOTIFY when idle.
import {PgBoss} from 'pg-boss';
import pg from 'pg';
import {fileURLToPath} from 'node:url';
import {inCalls, serve} from './peer.mjs';

const queue = 'nothing';
const data = {message: '0190f3a0-7e57-7abc-8def-0123456789ab'};

async function open(settings) {
  const boss = new PgBoss({connectionString: settings.url, max: 17, useListenNotify: true});
  boss.on('error', (error) => {
    console.error(error);
    process.exit(1);
  });
  await boss.start();
  await boss.createQueue(queue, {notify: true});
  const pool = new pg.Pool({connectionString: settings.url, max: 1});
  const isEmpty = async () => {
    const left = await pool.query("SELECT 1 FROM pgboss.job WHERE name = $1 AND state < 'completed' LIMIT 1", [queue]);
    return left.rowCount === 0;
  };
  return {
    isEmpty,
    add: () => boss.send(queue, data),
    bulk: (jobs) =>
      inCalls(jobs, settings.bulk, settings.bulkCalls, (_, size) =>
        boss.insert(queue, Array.from({length: size}, () => ({data})))),
    async work(onStart, {idle = false} = {}) {
      const options = idle
        ? {batchSize: 1, localConcurrency: 1, pollingIntervalSeconds: 0.5}
        : {
            batchSize: settings.batch,
            localConcurrency: settings.concurrency,
            pollingIntervalSeconds: 0.5,
            notifyPollingIntervalSeconds: 0.5,
            burstWhenBatchFull: true,
          };
      await boss.work(queue, options, async (jobs) => onStart(jobs.length));
      return {done: isEmpty, stop: () => boss.offWork(queue)};
    },
    async end() {
      await boss.stop({graceful: false});
      await pool.end();
    },
  };
}

await serve(fileURLToPath(import.meta.url), open);
