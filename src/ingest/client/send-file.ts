import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { namesIn, openingRows, purchaseRows, type Row } from './file-rows';
import type { Platform } from './platform';
import { type FileFormat, measureFile, readRecords, UnusableFile } from './read-file';

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
  /** Before the first batch: how far earlier runs of the same file have come, and what they found wrong; finished: nothing is sent. */
  onStart(sent: Sent, earlier: () => AsyncIterable<readonly SentError[]>): Promise<void>;
  /** After each batch. */
  onProgress(sent: Sent): void;
  onErrors(errors: readonly SentError[]): Promise<void>;
}

/** Requests stay well below what a gateway takes at once (TESSERA_BODY_LIMIT). */
const MOST_BYTES = 400_000;

const IMPORT = 'id lastLine entries imported repeated rejected enrolled points entriesPerSecond secondsLeft finishedAt';
const ERROR = 'line field code message';
const ERRORS = `query ($id: ID!, $after: String) { import(id: $id) { errors(first: 100, after: $after) { edges { node { ${ERROR} } } pageInfo { hasNextPage endCursor } } } }`;
const REFUSAL = '... on Refusal { code message retrySafe }';
const START = `mutation ($input: StartImportInput!) { startImport(input: $input) { ... on FileImport { ${IMPORT} } ${REFUSAL} } }`;
const FINISH = `mutation ($input: FinishImportInput!) { finishImport(input: $input) { ${IMPORT} } }`;
const BATCH = `{ ... on ImportedBatch { import { ${IMPORT} } errors { ${ERROR} } } ${REFUSAL} }`;
const SEND = {
  OPENINGS: `mutation ($input: ImportOpeningsInput!) { importOpenings(input: $input) ${BATCH} }`,
  PURCHASES: `mutation ($input: ImportPurchasesInput!) { importPurchases(input: $input) ${BATCH} }`,
} as const;

/**
 * Sends a file, batch by batch, and goes on where an earlier run of the same file stopped: the import is named by what is in the file. One that was
 * finished is not sent again (a dry run is). Memory holds one batch, however long the file is.
 */
export async function sendFile(platform: Platform, file: SendFile, watcher: Watcher): Promise<Sent> {
  const { sha256, bytes: size } = await measureFile(file.path).catch((error: NodeJS.ErrnoException) => {
    throw new UnusableFile(`${file.path} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}.`);
  });
  const key = `${file.kind} ${file.currency} ${file.dryRun ? 'dry run ' : ''}sha256:${sha256}`;
  const start = (idempotencyKey: string) => {
    const { kind, currency, dryRun, path } = file;
    return platform.ask<Sent>(START, { input: { idempotencyKey, kind, currency, dryRun, fileName: basename(path).slice(0, 255), bytesTotal: size } });
  };
  let sent = await start(key);
  const begun = () => watcher.onStart(sent, () => errorsOf(platform, sent.id));
  if (sent.finishedAt !== null) {
    if (!file.dryRun) {
      await begun();
      return sent;
    }
    sent = await start(`${key} ${randomUUID()}`);
  }
  await begun();
  const { id, lastLine } = sent;
  const records = readRecords(file.path, file.format, namesIn(file.kind, file.format));
  const rows = file.kind === 'OPENINGS' ? openingRows(records) : purchaseRows(records);
  let batch: Row[] = [];
  let bytes = 0;
  const send = async () => {
    const last = batch.at(-1);
    if (!last) return;
    const answer = await platform.ask<{ import: Sent; errors: readonly SentError[] }>(SEND[file.kind], {
      input: { importId: id, rows: batch.map(({ input }) => input), bytesDone: Math.min(size, last.end) },
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

interface ErrorPage {
  readonly errors: {
    readonly edges: readonly { readonly node: SentError }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** What the platform has kept of an import's errors, in the order of the file. */
async function* errorsOf(platform: Platform, id: string): AsyncGenerator<readonly SentError[]> {
  for (let after: string | null = null; ; ) {
    const { errors }: ErrorPage = await platform.ask<ErrorPage>(ERRORS, { id, after });
    yield errors.edges.map(({ node }) => node);
    if (!errors.pageInfo.hasNextPage) return;
    after = errors.pageInfo.endCursor;
  }
}
