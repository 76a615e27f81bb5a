import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isAlive } from '../../../src/platform/embedded/embedded-cluster';
import { makeThrowawayDirectory } from '../../../src/platform/embedded/throwaway-server';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tessera-parent-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

it('takes the next place where the best one cannot be written', async () => {
  const file = join(parent, 'a-file');
  writeFileSync(file, '');
  expect(dirname(await makeThrowawayDirectory(null, [join(file, 'below'), parent]))).toBe(parent);
  await expect(makeThrowawayDirectory(null, [join(file, 'below')])).rejects.toThrow('DATABASE_URL');
});

it('removes what a killed process left behind, wherever in it the server ran', async () => {
  const [kept, left] = [await makeThrowawayDirectory(null, [parent]), await makeThrowawayDirectory(null, [parent])];
  writeFileSync(join(left, 'owner.pid'), String(spawnSync('true').pid));
  mkdirSync(join(left, 'standby'));
  const server = spawn('sleep', ['600'], { cwd: join(left, 'standby') });
  writeFileSync(join(left, 'standby', 'postmaster.pid'), `${server.pid}\n`);
  await makeThrowawayDirectory(null, [parent]);
  const stopped = !isAlive(server.pid as number);
  server.kill();
  expect([existsSync(kept), existsSync(left), stopped]).toEqual([true, false, true]);
});

it('leaves a process alone whose number stands in what was left behind, and which runs elsewhere', async () => {
  const left = await makeThrowawayDirectory(null, [parent]);
  writeFileSync(join(left, 'owner.pid'), String(spawnSync('true').pid));
  mkdirSync(join(left, 'data'));
  const other = spawn('sleep', ['600']);
  writeFileSync(join(left, 'data', 'postmaster.pid'), `${other.pid}\n`);
  await makeThrowawayDirectory(null, [parent]);
  const lives = isAlive(other.pid as number);
  other.kill();
  expect([existsSync(left), lives]).toEqual([false, true]);
});
