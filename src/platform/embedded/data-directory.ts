import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedDatabaseError } from './embedded-binaries';
import { isAlive } from './embedded-cluster';

/** Makes the data directory, for us alone to write; a message that says what to do if it cannot be. */
export function makeDataDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    const probe = join(directory, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOSPC'
        ? 'the disk is full: free some space'
        : code === 'EROFS'
          ? 'the file system is read-only'
          : `it belongs to user ${ownerOf(directory)}: run as that user, or change its owner`;
    throw new EmbeddedDatabaseError(`The data directory ${directory} cannot be written (${code}); ${why}, or name another one in TESSERA_DATA_DIR.`);
  }
}

function ownerOf(directory: string): string {
  try {
    return String(statSync(directory).uid);
  } catch {
    return 'that its parent belongs to';
  }
}

/** A secret kept in the data directory for us alone to read; made on first use, and never half written. */
export function keepSecret(directory: string, name: string, bytes: number): string {
  const file = join(directory, name);
  const known = readOrNull(file);
  if (known) return known;
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, `${randomBytes(bytes).toString('hex')}\n`, { mode: 0o600 });
  try {
    // Fails if another process was first: then its secret counts.
    linkSync(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(unfinished, { force: true });
  }
  chmodSync(file, 0o600);
  return readFileSync(file, 'utf8').trim();
}

/** Holds the data directory for this process; throws if another living process has it. The answer gives it back. */
export function lockDataDirectory(directory: string): () => void {
  const file = join(directory, 'lock');
  const mine = join(directory, `lock.${process.pid}`);
  writeFileSync(mine, JSON.stringify({ pid: process.pid, started: startOf(process.pid) }));
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        linkSync(mine, file);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === 3) throw error;
      }
      const holder = JSON.parse(readOrNull(file) || '{"pid":0}') as { pid: number; started: string | null };
      // The number alone may meanwhile be another program's.
      if (holder.pid && isAlive(holder.pid) && startOf(holder.pid) === holder.started)
        throw new EmbeddedDatabaseError(
          `Another Tessera (process ${holder.pid}) is already running on ${realpathSync(directory)}. Stop it (kill ${holder.pid}), add to it with "npm run gateway" or "npm run workers", or name another directory in TESSERA_DATA_DIR.`,
        );
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => rmSync(file, { force: true });
}

/** When a process was started, in the kernel's ticks; null where the system does not tell. */
function startOf(pid: number): string | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  // The program's name, in parentheses, may contain anything.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

export function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
