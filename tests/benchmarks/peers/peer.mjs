// What the three peers share: commands in, one JSON object a line, answers out, one JSON object a line. bench_jobs
// measures the processor time of everybody between a command and its answer.
//
//   {"do":"bulk","jobs":100000}            enqueues in bulk                           {"seconds":2.1}
//   {"do":"single","jobs":2000}            one job a call, 16 callers at once         {"seconds":1.7}
//   {"do":"drain","jobs":100000}           runs what waits, to the last completion    {"seconds":2.4}
//   {"do":"start","jobs":200}              idle: from the call to the handler         {"ms":[1.2, ...]}
//   {"do":"end"}
//
// A peer is {bulk(jobs), single(callers, jobs), work(onStart) -> {done(jobs), stop()}, add(at), end()}. Workers in more
// than one process ("processes" in the settings) are this same program with the role "worker".
import {fork} from 'node:child_process';
import readline from 'node:readline';
import {setTimeout as pause} from 'node:timers/promises';

const callers = 16;

// Jobs a call at a time, `calls` of them under way.
export async function inCalls(jobs, perCall, calls, enqueue) {
  let made = 0;
  const caller = async () => {
    while (made < jobs) {
      const size = Math.min(perCall, jobs - made);
      const from = made;
      made += size;
      await enqueue(from, size);
    }
  };
  await Promise.all(Array.from({length: calls}, caller));
}

async function waitUntil(holds) {
  while (!(await holds())) await pause(2);
}

async function seconds(work) {
  const start = performance.now();
  await work();
  return {seconds: (performance.now() - start) / 1000};
}

// The clock runs from the first job's start: what starting a worker costs is not held against the peer.
async function drainHere(peer, jobs) {
  let first = 0;
  let started = 0;
  const worker = await peer.work((count) => {
    first ||= performance.now();
    started += count;
  });
  await waitUntil(() => started >= jobs);
  await waitUntil(() => worker.done(jobs));
  const taken = (performance.now() - first) / 1000;
  await worker.stop();
  return {seconds: taken};
}

async function drainInProcesses(file, settings, jobs) {
  let first = 0;
  let started = 0;
  let done = 0;
  const workers = [];
  for (let i = 0; i < settings.processes; ++i) {
    const worker = fork(file, [JSON.stringify(settings), 'worker']);
    worker.on('message', (said) => {
      if (said.first && (!first || said.first < first)) first = said.first;
      started += said.started ?? 0;
      done += said.done ?? 0;
    });
    worker.on('exit', (code) => code && process.exit(code));
    workers.push(worker);
  }
  return {first: () => first, started: () => started, done: () => done, workers};
}

async function beWorker(peer) {
  let started = 0;
  let first;
  const worker = await peer.work((count) => {
    first ??= performance.timeOrigin + performance.now();
    started += count;
  });
  const said = setInterval(() => {
    process.send({first, started, done: worker.count?.() ?? 0});
    started = 0;
  }, 2);
  process.on('message', async () => {
    clearInterval(said);
    await worker.stop();
    await peer.end();
    process.exit(0);
  });
  process.on('disconnect', () => process.exit(1));
}

async function drain(peer, file, settings, jobs) {
  if (settings.processes === 1) return drainHere(peer, jobs);
  const all = await drainInProcesses(file, settings, jobs);
  await waitUntil(() => all.started() >= jobs);
  await waitUntil(() => (peer.isEmpty ? peer.isEmpty() : all.done() >= jobs));
  const taken = (performance.timeOrigin + performance.now() - all.first()) / 1000;
  await Promise.all(all.workers.map((worker) => {
    worker.send('stop');
    return new Promise((resolve) => worker.on('exit', resolve));
  }));
  return {seconds: taken};
}

async function startDelays(peer, jobs) {
  let heard = () => {};
  const worker = await peer.work(() => heard(performance.now()), {idle: true});
  const delays = [];
  await pause(1500);  // idle
  for (let i = -5; i < jobs; ++i) {  // the first few warm up
    const started = new Promise((resolve) => (heard = resolve));
    const asked = performance.now();
    await peer.add();
    const delay = (await started) - asked;
    if (i >= 0) delays.push(delay);
    await pause(10 + Math.random() * 10);
  }
  await worker.stop();
  return {ms: delays};
}

export async function serve(file, open) {
  const settings = JSON.parse(process.argv[2]);
  const peer = await open(settings);
  if (process.argv[3] === 'worker') return beWorker(peer);
  for await (const line of readline.createInterface({input: process.stdin})) {
    const asked = JSON.parse(line);
    let answer = {};
    if (asked.do === 'bulk') answer = await seconds(() => peer.bulk(asked.jobs));
    if (asked.do === 'single') answer = await seconds(() => inCalls(asked.jobs, 1, callers, () => peer.add()));
    if (asked.do === 'drain') answer = await drain(peer, file, settings, asked.jobs);
    if (asked.do === 'start') answer = await startDelays(peer, asked.jobs);
    if (asked.do === 'end') break;
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
  await peer.end();
  process.exit(0);
}
