import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { namesIn, openingRows, purchaseRows, type Row } from './file-rows';
import type { Platform } from './platform';
import { type FileFormat, openFile, UnusableFile } from './read-file';

export interface SendFile {
  readonly path: string;
  readonly format: FileFormat;
  readonly kind: 'OPENINGS' | 'PURCHASES';
  /** Code of the points currency of lines that name none. */
  readonly currency: string;
  readonly dryRun: boolean;
  /** Entries in one request; 500 at most. */
  readonly batch: number;
}

/** An import as the platform tells of it. */
export interface Sent {
  readonly id: string;
  readonly lastLine: number;
  readonly entries: number;
  readonly imported: number;
  readonly repeated: number;
  readonly rejected: number;
  readonly enrolled: number;
  readonly points: number;
  readonly entriesPerSecond: number;
  readonly secondsLeft: number | null;
  readonly finishedAt: string | null;
}

export interface SentError {
  readonly line: number;
  readonly field: string | null;
  readonly code: string;
  readonly message: string;
}

export interface Watcher {
  /** Before the first batch: how far earlier runs of the same file have come; finished: nothing is sent. */
  onStart(sent: Sent): Promise<void>;
  /** After each batch. */
  onProgress(sent: Sent): void;
  onErrors(errors: readonly SentError[]): Promise<void>;
}

/** Requests stay well below what a gateway takes at once (TESSERA_BODY_LIMIT). */
const MOST_BYTES = 400_000;

const IMPORT = 'id lastLine entries imported repeated rejected enrolled points entriesPerSecond secondsLeft finishedAt';
const REFUSAL = '... on Refusal { code message retrySafe }';
const START = `mutation ($input: StartImportInput!) { startImport(input: $input) { ... on FileImport { ${IMPORT} } ${REFUSAL} } }`;
const FINISH = `mutation ($input: FinishImportInput!) { finishImport(input: $input) { ${IMPORT} } }`;
const BATCH = `{ ... on ImportedBatch { import { ${IMPORT} } errors { line field code message } } ${REFUSAL} }`;
const SEND = {
  OPENINGS: `mutation ($input: ImportOpeningsInput!) { importOpenings(input: $input) ${BATCH} }`,
  PURCHASES: `mutation ($input: ImportPurchasesInput!) { importPurchases(input: $input) ${BATCH} }`,
} as const;

/**
 * Sends a file, batch by batch, and goes on where an earlier run of the same file stopped: the import is named by what is in the file. One that was
 * finished is not sent again (a dry run is). Memory holds one batch, however long the file is.
 */
export async function sendFile(platform: Platform, file: SendFile, watcher: Watcher): Promise<Sent> {
  const { size } = await stat(file.path).catch((error: NodeJS.ErrnoException) => {
    throw new UnusableFile(`${file.path} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}.`);
  });
  const key = `${file.kind} ${file.currency} ${file.dryRun ? 'dry run ' : ''}sha256:${await hashOf(file.path)}`;
  const start = (idempotencyKey: string) => {
    const { kind, currency, dryRun, path } = file;
    return platform.ask<Sent>(START, { input: { idempotencyKey, kind, currency, dryRun, fileName: basename(path).slice(0, 255), bytesTotal: size } });
  };
  let sent = await start(key);
  if (sent.finishedAt !== null) {
    if (!file.dryRun) {
      await watcher.onStart(sent);
      return sent;
    }
    sent = await start(`${key} ${randomUUID()}`);
  }
  await watcher.onStart(sent);
  const { id, lastLine } = sent;
  const open = openFile(file.path, file.format, namesIn(file.kind, file.format));
  const rows = file.kind === 'OPENINGS' ? openingRows(open.records) : purchaseRows(open.records);
  let batch: Row[] = [];
  let bytes = 0;
  const send = async () => {
    if (batch.length === 0) return;
    const answer = await platform.ask<{ import: Sent; errors: readonly SentError[] }>(SEND[file.kind], {
      input: { importId: id, rows: batch.map(({ input }) => input), bytesDone: Math.min(size, open.bytesRead()) },
    });
    batch = [];
    bytes = 0;
    sent = answer.import;
    await watcher.onErrors(answer.errors);
    watcher.onProgress(sent);
  };
  for await (const row of rows) {
    if (row.line <= lastLine) continue;
    const length = JSON.stringify(row.input).length;
    if (batch.length >= file.batch || bytes + length > MOST_BYTES) await send();
    batch.push(row);
    bytes += length;
  }
  await send();
  return platform.ask<Sent>(FINISH, { input: { importId: id } });
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}
