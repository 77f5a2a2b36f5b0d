// BullMQ (docs.bullmq.io): addBulk, workers with local concurrency, ended jobs removed at once.
import {Queue, Worker} from 'bullmq';
import Redis from 'ioredis';
import {fileURLToPath} from 'node:url';
import {inCalls, serve} from './peer.mjs';

const name = 'nothing';
const data = {message: '0190f3a0-7e57-7abc-8def-0123456789ab'};
const opts = {removeOnComplete: true, removeOnFail: true};

async function open(settings) {
  const connect = () => new Redis({path: settings.socket, maxRetriesPerRequest: null});
  const connection = connect();
  const queue = new Queue(name, {connection});
  await queue.waitUntilReady();
  return {
    add: () => queue.add(name, data, opts),
    bulk: (jobs) =>
      inCalls(jobs, settings.bulk, settings.bulkCalls, (_, size) =>
        queue.addBulk(Array.from({length: size}, () => ({name, data, opts})))),
    async work(onStart) {
      let completed = 0;
      const workers = Array.from({length: settings.workers}, () => {
        const worker = new Worker(name, async () => onStart(1), {
          connection: connect(),
          concurrency: settings.concurrency,
        });
        worker.on('completed', () => ++completed);
        worker.on('error', (error) => {
          console.error(error);
          process.exit(1);
        });
        return worker;
      });
      let told = 0;
      return {
        done: (jobs) => completed >= jobs,
        count: () => {
          const more = completed - told;
          told = completed;
          return more;
        },
        stop: () => Promise.all(workers.map((worker) => worker.close())),
      };
    },
    async end() {
      await queue.close();
      connection.disconnect();
    },
  };
}

await serve(fileURLToPath(import.meta.url), open);
