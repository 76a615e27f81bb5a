import { parseArgs } from 'node:util';
import { z } from 'zod';
import { MOST_ROWS } from '../file-import';
import { ErrorGroups } from './error-groups';
import { ErrorList } from './error-list';
import { knownEncoding } from './file-text';
import { WrongArguments } from './import-help';
import { Platform } from './platform';
import { type FileFormat, formatOf } from './read-file';
import { type Progress, type SendFile, type Sent, type SentError, type SentFile, sendFile } from './send-file';

const asked = z.object({
  file: z.string('name the file').min(1),
  currency: z
    .string('missing')
    .regex(/^[A-Z][A-Z0-9_-]{1,15}$/, 'a currency code is 2 to 16 capital letters and digits')
    .nullable(),
  url: z.url('a URL, such as https://points.example.org').transform((url) => url.replace(/\/+$/, '')),
  client: z.string('missing; or set TESSERA_CLIENT_ID').regex(/^cli_[0-9a-f]{32}$/, 'an id such as cli_..., as it was shown'),
  secret: z.string('set it in the environment').min(1, 'set it in the environment'),
  batch: z.coerce.number('a whole number').int('a whole number').min(1, 'from 1').max(MOST_ROWS, `up to ${MOST_ROWS}`),
  format: z.enum(['csv', 'ndjson']).optional(),
  errors: z.string().min(1).optional(),
  encoding: z.string().min(1).transform(knownEncoding).optional(),
  'stop-after': z.coerce.number('a whole number').int('a whole number').min(1, 'from 1').optional(),
  'dry-run': z.boolean().default(false),
  'all-or-nothing': z.boolean().default(false),
});

export interface ImportSettings {
  readonly url: string;
  readonly clientId: string | null;
  readonly clientSecret: string | null;
}

/**
 * `npm run import:members` and its like: sends a file through the API, as the brand itself could. 0: all lines are in;
 * 1: some were wrong. What keeps it from running is thrown.
 */
export async function importFromCommandLine(
  kind: SendFile['kind'],
  settings: ImportSettings,
  args: readonly string[],
  say: (text: string) => void,
): Promise<0 | 1> {
  const options = readArguments(kind, settings, args);
  const platform = new Platform({ url: options.url, clientId: options.client, secret: options.secret }, (trouble) =>
    say(`waiting for ${options.url}: ${trouble}`),
  );
  const file = { path: options.file, format: (options.format ?? formatOf(options.file)) as FileFormat, kind, currency: options.currency, batch: options.batch };
  const read = { ...file, encoding: options.encoding ?? null, stopAfter: options['stop-after'] ?? null };
  const report = new Report(say, options.errors === undefined ? null : new ErrorList(options.errors), kind);
  if (options['dry-run'] || options['all-or-nothing']) {
    const checked = await report.watch('checked', () => sendFile(platform, { ...read, dryRun: true }, report));
    if (options['dry-run']) return checked.rejected > 0 ? 1 : 0;
    if (checked.rejected > 0) {
      say('Nothing was booked: correct these lines and start again.');
      return 1;
    }
  }
  const sent = await report.watch('imported', () => sendFile(platform, { ...read, dryRun: false }, report));
  return sent.rejected > 0 ? 1 : 0;
}

function readArguments(kind: SendFile['kind'], settings: ImportSettings, args: readonly string[]): z.output<typeof asked> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const options = {
      currency: text,
      url: text,
      client: text,
      batch: text,
      format: text,
      errors: text,
      encoding: text,
      'stop-after': text,
      'dry-run': flag,
      'all-or-nothing': flag,
    };
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length > 1) throw new Error('Name one file.');
    if (kind === 'MEMBERS' && values.currency !== undefined) throw new Error('--currency: members are of no points currency, leave it out.');
    return asked.parse({
      batch: MOST_ROWS,
      ...(kind === 'MEMBERS' && { currency: null }),
      ...values,
      file: positionals[0],
      url: values.url ?? settings.url,
      client: values.client ?? settings.clientId ?? undefined,
      secret: settings.clientSecret ?? undefined,
    });
  } catch (error) {
    throw new WrongArguments(
      kind,
      error instanceof z.ZodError ? error.issues.map(({ path, message }) => `${shownAs(String(path[0]))}: ${message}`) : [(error as Error).message],
    );
  }
}

/** What is given otherwise than by an option of its name. */
function shownAs(name: string): string {
  return { file: 'FILE', secret: 'TESSERA_CLIENT_SECRET' }[name] ?? `--${name}`;
}

/** What is told while a file is sent, and at its end. */
class Report {
  private told = 0;
  private startedAt = 0;
  private groups = new ErrorGroups();
  private done: 'checked' | 'imported' = 'imported';
  /** Asks for what is kept of an import that was finished before: lines of it that are right by now leave the list. */
  private earlier: (() => AsyncIterable<readonly SentError[]>) | null = null;

  constructor(
    private readonly say: (text: string) => void,
    private readonly list: ErrorList | null,
    private readonly kind: SendFile['kind'],
  ) {}

  async watch(done: 'checked' | 'imported', send: () => Promise<SentFile>): Promise<Sent> {
    this.groups = new ErrorGroups();
    this.done = done;
    this.startedAt = Date.now();
    const { sent, facts, stopped } = await send();
    if (this.earlier !== null) await this.list?.goOn(sent.rejected, this.earlier());
    for (const told of [...this.groups.describe(), ...facts.describe()]) this.say(told);
    if (stopped)
      this.say(
        `stopped after line ${sent.lastLine}: so many entries are wrong. Correct them and start again: what is booked is not booked twice. Started again as it is, the file goes on after that line.`,
      );
    const { id, imported, repeated, rejected, enrolled, points } = sent;
    this.say(
      `${done}: ${imported} of ${sent.entries} entries, ${points} points, ${enrolled} members ${done === 'checked' ? 'to enrol' : 'enrolled'}, ${repeated} there before, ${rejected} wrong (${id}).` +
        (rejected > 0 && this.list === null ? ` Give --errors FILE to have each of them, or ask the API for import(id: "${id}") { errors }.` : ''),
    );
    return sent;
  }

  async onStart({ lastLine, entries, rejected, finishedAt, toSendAgain, alike }: Sent, earlier: () => AsyncIterable<readonly SentError[]>): Promise<void> {
    if (alike !== null)
      this.say(
        `${alike.fileName ?? 'another file'}, imported to its end at ${alike.finishedAt}, began with the same lines (${alike.id})${this.kind === 'MEMBERS' ? '' : ': entries that are in both count once'}`,
      );
    if (finishedAt !== null)
      this.say(
        `this file was imported to its end before, at ${finishedAt}: ${toSendAgain === 0 ? 'nothing is sent again' : `${toSendAgain} entries that were refused for what may have changed are sent again, and nothing else`}`,
      );
    else if (lastLine > 0) this.say(`going on after line ${lastLine}: ${entries} entries were done before`);
    this.earlier = finishedAt === null ? null : earlier;
    if (this.list === null) return;
    if (lastLine === 0 && finishedAt === null) await this.list.begin();
    else await this.list.goOn(rejected, earlier());
  }

  onProgress({ sent, entries, bytes, bytesLeft }: Progress): void {
    const now = Date.now();
    if (now - this.told < 2_000) return;
    this.told = now;
    // Of this run: what an earlier one took, and the time between them, say nothing of it.
    const seconds = (now - this.startedAt) / 1_000;
    const left = bytes > 0 && seconds > 1 ? `, about ${clock(Math.round((bytesLeft * seconds) / bytes))} left` : '';
    this.say(
      `line ${sent.lastLine}: ${sent.imported} ${this.done === 'checked' ? 'right' : 'imported'}, ${sent.repeated} there before, ${sent.rejected} wrong; ${Math.round(entries / Math.max(seconds, 0.001))}/s${left}`,
    );
  }

  async onErrors(errors: readonly SentError[]): Promise<void> {
    // The first of each kind at once, how many there are at the end.
    for (const error of errors)
      if (this.groups.add(error)) this.say(`line ${error.line}${error.field ? `, ${error.field}` : ''}: ${error.message} (${error.code})`);
    await this.list?.add(errors);
  }
}

function clock(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
