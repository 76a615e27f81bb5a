import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { FileFacts } from './file-facts';
import { type FileKind, namesIn, type Row, rowsOf } from './file-rows';
import { measureFile, UnusableFile } from './file-text';
import type { Platform } from './platform';
import { type FileToRead, readRecords } from './read-file';

export interface SendFile extends FileToRead {
  readonly kind: FileKind;
  /** Code of the points currency of lines that name none; null: members are of none. */
  readonly currency: string | null;
  readonly dryRun: boolean;
  /** Entries in one request; MOST_ROWS at most. */
  readonly batch: number;
  /** Nothing more is sent once so many entries of this run were wrong; null: the whole file is. */
  readonly stopAfter: number | null;
}

/** What became of a file. */
export interface SentFile {
  readonly sent: Sent;
  readonly facts: FileFacts;
  /** Too many entries were wrong: the rest of the file was not sent. */
  readonly stopped: boolean;
}

/** How far this run has come. */
export interface Progress {
  readonly sent: Sent;
  /** Entries that this run has sent, and bytes that it has come further in the file, of those that were left. */
  readonly entries: number;
  readonly bytes: number;
  readonly bytesLeft: number;
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
  readonly finishedAt: string | null;
  /** Entries of a finished import that were refused for what may have changed since. */
  readonly toSendAgain: number;
  /** Another file of before that began with the same lines. */
  readonly alike: { readonly id: string; readonly fileName: string | null; readonly finishedAt: string } | null;
}

export interface SentError {
  readonly line: number;
  readonly field: string | null;
  readonly code: string;
  readonly message: string;
}

export interface Watcher {
  /**
   * Before the first batch: how far earlier runs of the same file have come, and what they found wrong; finished:
   * nothing is sent.
   */
  onStart(sent: Sent, earlier: () => AsyncIterable<readonly SentError[]>): Promise<void>;
  /** After each batch. */
  onProgress(progress: Progress): void;
  onErrors(errors: readonly SentError[]): Promise<void>;
}

/**
 * Requests stay well below what a gateway takes at once (TESSERA_BODY_LIMIT); one with a single entry of a great basket
 * may have more.
 */
const MOST_BYTES = 400_000;

const IMPORT = 'id lastLine entries imported repeated rejected enrolled points finishedAt toSendAgain alike { id fileName finishedAt }';
const ERROR = 'line field code message';
const ERRORS = `query ($id: ID!, $after: String) { import(id: $id) { errors(first: 100, after: $after) { edges { node { ${ERROR} } } pageInfo { hasNextPage endCursor } } } }`;
const AGAIN =
  'query ($id: ID!, $after: String) { import(id: $id) { linesToSendAgain(first: 100, after: $after) { edges { node { line } } pageInfo { hasNextPage endCursor } } } }';
const REFUSAL = '... on Refusal { code message retrySafe }';
const START = `mutation ($input: StartImportInput!) { startImport(input: $input) { ... on FileImport { ${IMPORT} } ${REFUSAL} } }`;
const FINISH = `mutation ($input: FinishImportInput!) { finishImport(input: $input) { ${IMPORT} } }`;
const BATCH = `{ ... on ImportedBatch { import { ${IMPORT} } errors { ${ERROR} } } ${REFUSAL} }`;
/** How a batch of each kind is sent. */
export const SEND: Readonly<Record<FileKind, string>> = {
  REDEMPTIONS: `mutation ($input: ImportRedemptionsInput!) { importRedemptions(input: $input) ${BATCH} }`,
  MEMBERS: `mutation ($input: ImportMembersInput!) { importMembers(input: $input) ${BATCH} }`,
  OPENINGS: `mutation ($input: ImportOpeningsInput!) { importOpenings(input: $input) ${BATCH} }`,
  PURCHASES: `mutation ($input: ImportPurchasesInput!) { importPurchases(input: $input) ${BATCH} }`,
};

/**
 * Sends a file, batch by batch, and goes on where an earlier run of the same file stopped: the import is named by what
 * is in the file. One that was finished is not sent again, but for those of its lines that may be. A dry run is always
 * a new one. Memory holds one batch, however long the file is.
 */
export async function sendFile(platform: Platform, file: SendFile, watcher: Watcher): Promise<SentFile> {
  const facts = new FileFacts(file.kind);
  const {
    sha256,
    beginning,
    bytes: size,
  } = await measureFile(file.path).catch((error: NodeJS.ErrnoException) => {
    throw new UnusableFile(`${file.path} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}.`);
  });
  // In another encoding the same bytes are another file. A check tells of the day on which it is made: none goes on
  // with an older one.
  const key = `${file.kind} ${file.currency === null ? '' : `${file.currency} `}${file.dryRun ? `dry run ${randomUUID()} ` : ''}sha256:${sha256}${file.encoding === null ? '' : ` ${file.encoding}`}`;
  const { kind, currency, dryRun, path } = file;
  let sent = await platform.ask<Sent>(START, {
    input: { idempotencyKey: key, kind, currency, dryRun, fileName: basename(path).slice(0, 255), bytesTotal: size, beginning },
  });
  await watcher.onStart(sent, () => errorsOf(platform, sent.id));
  if (sent.finishedAt !== null && sent.toSendAgain === 0) return { sent, facts, stopped: false };
  const { id, lastLine } = sent;
  const again = sent.finishedAt === null ? null : await linesToSendAgain(platform, id);
  const isDone = ({ line }: Row) => (again === null ? line <= lastLine : !again.has(line));
  const records = facts.watch(readRecords(file, namesIn(file.kind, file.format)));
  const rows = rowsOf(file.kind, records);
  let batch: Row[] = [];
  let bytes = 0;
  let entries = 0;
  let wrong = 0;
  let begunAt: number | null = null;
  const send = async () => {
    const last = batch.at(-1);
    if (!last) return;
    const answer = await platform.ask<{ import: Sent; errors: readonly SentError[] }>(SEND[file.kind], {
      input: { importId: id, rows: batch.map(({ input }) => input), bytesDone: Math.min(size, last.end) },
    });
    entries += batch.length;
    wrong += answer.errors.length;
    batch = [];
    bytes = 0;
    sent = answer.import;
    await watcher.onErrors(answer.errors);
    watcher.onProgress({ sent, entries, bytes: last.end - (begunAt ?? 0), bytesLeft: Math.max(0, size - last.end) });
  };
  for await (const row of rows) {
    facts.add(row);
    if (isDone(row)) {
      begunAt = row.end;
      continue;
    }
    if (batch.length >= file.batch || bytes + row.bytes > MOST_BYTES) {
      await send();
      // There is more to send, or it would be at its end.
      if (file.stopAfter !== null && wrong >= file.stopAfter) return { sent, facts, stopped: true };
    }
    batch.push(row);
    bytes += row.bytes;
  }
  await send();
  return { sent: await platform.ask<Sent>(FINISH, { input: { importId: id } }), facts, stopped: false };
}

/** Lines of a finished import that may be sent again, and they alone. */
async function linesToSendAgain(platform: Platform, id: string): Promise<ReadonlySet<number>> {
  const lines = new Set<number>();
  for await (const page of pagesOf<{ readonly line: number }>(platform, AGAIN, 'linesToSendAgain', id)) for (const { line } of page) lines.add(line);
  return lines;
}

/** What the platform has kept of an import's errors, in the order of the file. */
function errorsOf(platform: Platform, id: string): AsyncGenerator<readonly SentError[]> {
  return pagesOf(platform, ERRORS, 'errors', id);
}

interface ListPage<Node> {
  readonly edges: readonly { readonly node: Node }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** The pages of a list of an import. */
async function* pagesOf<Node>(platform: Platform, query: string, list: string, id: string): AsyncGenerator<readonly Node[]> {
  for (let after: string | null = null; ; ) {
    const { [list]: page }: Record<string, ListPage<Node>> = await platform.ask<Record<string, ListPage<Node>>>(query, { id, after });
    if (!page) throw new Error(`the platform gave no ${list}`);
    yield page.edges.map(({ node }) => node);
    if (!page.pageInfo.hasNextPage) return;
    after = page.pageInfo.endCursor;
  }
}
