import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countFigures, differences, type Figures } from './compare';
import { answeredPoints, issuerFigures, operatorFigures } from './figures';
import { GraphQLClient } from './graphql-client';
import { HttpClient } from './http-client';
import { readInvoiceFile } from './invoices';
import { BRAND_CODES, planReplay, type Replay } from './member-events';
import { platformTills } from './platform-tills';
import { Progress } from './progress';
import { replayMember, requestsOf, Tally } from './replay-member';
import { closeMonths, micros, readStatements, type Statement } from './settle';
import { CURRENCIES, type Model, setUpCoalition } from './setup';
import { StateFile } from './state-file';
import { table } from './table';

const USAGE = `npm run example:online-retail -- FILE [options]
  FILE                    the shop's invoice lines (online-retail.csv.gz)
  --expect FILE           compare every number with this file; exits 1 naming each difference
  --model operator|issuer clearing model; default operator
  --url URL               the platform; default TESSERA_URL of .data/demo.env, else http://127.0.0.1:4000
  --operator-token TOKEN  token of the operator's staff; default OPERATOR_TOKEN of the environment, else of .data/demo.env
  --state FILE            where the brands' credentials are kept; default .data/online-retail.json
  --bulk N                purchases in one request, up to 100; default 40
  --in-flight N           such requests at once for each brand; default 1`;

const DATA_DIR = process.env.TESSERA_DATA_DIR || '.data';

interface Options {
  readonly file: string;
  readonly expected: Figures | null;
  readonly model: Model;
  readonly url: string;
  readonly operatorToken: string;
  readonly state: string;
  readonly bulk: number;
  readonly inFlight: number;
}

async function main(): Promise<number> {
  const options = readOptions();
  const began = performance.now();
  const file = await readInvoiceFile(options.file);
  const replay = planReplay(file.invoices);
  const currency = CURRENCIES[options.model];
  let progress: Progress | null = null;
  const http = new HttpClient(options.url, (trouble) => {
    if (progress) progress.warn(trouble);
    else process.stderr.write(`waiting for ${options.url}: ${trouble}\n`);
  });
  try {
    const operator = new GraphQLClient(http, async () => options.operatorToken);
    const coalition = await setUpCoalition(http, operator, new StateFile(options.state, options.url), options.model);
    const setUp = performance.now();
    const tally = new Tally();
    const tills = platformTills(coalition.brands, currency, { bulk: options.bulk, bulksInFlight: options.inFlight });
    progress = new Progress(
      replay.members.reduce((sum, member) => sum + requestsOf(member), 0),
      'events',
    );
    await Promise.all(replay.members.map((member) => replayMember(member, tills, tally, (done) => progress?.add(done)))).finally(() => progress?.stop());
    const posted = performance.now();
    const months = monthsOf(replay);
    await closeMonths(operator, currency, months, (month) => process.stderr.write(`${month} closed\n`));
    const statements = await readStatements(operator, currency, months);
    const closed = performance.now();
    const found = options.model === 'operator' ? operatorFigures(file, replay, tally, statements) : issuerFigures(tally, statements);
    printSummary(tally, statements);
    const seconds = (from: number, to: number): string => ((to - from) / 1_000).toFixed(1);
    process.stdout.write(
      `\n${replay.members.length} members, ${replay.purchases} purchases, ${tally.redemptions} burns, ${tally.clawbacks} clawbacks; requests sent again: ${http.retries}\n` +
        `set up in ${seconds(began, setUp)} s, posted in ${seconds(setUp, posted)} s, closed in ${seconds(posted, closed)} s, ${seconds(began, closed)} s in all\n`,
    );
    return report(options, found, tally);
  } finally {
    http.close();
  }
}

/** Compares with the expected file, if there is one; the exit code. */
function report({ expected, model }: Options, found: Figures, tally: Tally): number {
  if (!expected) return 0;
  const wrong = differences(expected, found);
  if (model === 'operator') wrong.push(...differences(expected.brands as Figures, answeredPoints(tally), ['answers']));
  if (wrong.length === 0) {
    process.stdout.write(`All ${countFigures(expected)} expected numbers are met.\n`);
    return 0;
  }
  process.stdout.write(`${wrong.length} numbers differ from what is expected:\n${wrong.map((line) => `  ${line}\n`).join('')}`);
  return 1;
}

function printSummary(tally: Tally, statements: readonly Statement[]): void {
  const rows = BRAND_CODES.map((code) => {
    const { issued, clawedBack, redeemed, reinstated } = tally.brand(code);
    const net = statements.filter(({ brand }) => brand.code === code).reduce((sum, statement) => sum + micros(statement.net.amount), 0);
    return [code, issued, clawedBack, redeemed, reinstated, (net / 1_000_000).toFixed(2)];
  });
  process.stdout.write(`\n${table(['brand', 'issued', 'clawed back', 'redeemed', 'reinstated', 'pays GBP'], rows)}\n`);
}

/** Calendar months with events, in order. */
function monthsOf(replay: Replay): string[] {
  const months = new Set<string>();
  for (const { events } of replay.members)
    for (const event of events) for (const { at } of event.kind === 'RETURNS' ? event.returns : event.purchases) months.add(at.slice(0, 7));
  return [...months].sort();
}

function readOptions(): Options {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { expect: text, model: text, url: text, 'operator-token': text, state: text, bulk: text, 'in-flight': text, help: { type: 'boolean' } },
  });
  const [file, ...others] = positionals;
  if (values.help || file === undefined || others.length > 0) throw new Error(USAGE);
  const model = values.model ?? 'operator';
  if (model !== 'operator' && model !== 'issuer') throw new Error(`--model is operator or issuer, not ${model}`);
  const demo = readDemoEnvironment();
  const operatorToken = values['operator-token'] ?? process.env.OPERATOR_TOKEN ?? demo.OPERATOR_TOKEN;
  if (!operatorToken) throw new Error('Whose platform? Give --operator-token, or start the demo platform with "npm start" first.');
  return {
    file,
    expected: values.expect ? JSON.parse(readFileSync(values.expect, 'utf8')) : null,
    model,
    url: (values.url ?? demo.TESSERA_URL ?? 'http://127.0.0.1:4000').replace(/\/+$/, ''),
    operatorToken,
    state: values.state ?? join(DATA_DIR, 'online-retail.json'),
    bulk: readCount(values.bulk ?? '40', 'bulk', 100),
    inFlight: readCount(values['in-flight'] ?? '1', 'in-flight', 64),
  };
}

function readCount(value: string, name: string, most: number): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1 || count > most) throw new Error(`--${name} is a number from 1 to ${most}`);
  return count;
}

/** What "npm start" wrote for the demo; nothing where there is none. */
function readDemoEnvironment(): Record<string, string> {
  try {
    return Object.fromEntries(
      [...readFileSync(join(DATA_DIR, 'demo.env'), 'utf8').matchAll(/^([A-Z_]+)='([^']*)'$/gm)].map(([, name, value]) => [name, value]),
    );
  } catch {
    return {};
  }
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  },
);
