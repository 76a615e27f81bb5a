import { writeFileSync } from 'node:fs';
import type { Answer } from '../support/api';
import { openPointsApi, type PointsApi } from '../support/points-api';
import { LATER, WORLD, type WorldRequest } from './world';

/**
 * Records what this version makes of a small coalition: the rows of its database, each request with its answer, and
 * what it answers to requests that come later. The next version is tested on it (upgrade.test.ts). To record one, at
 * its last migration NNNN:
 *
 *     mkdir -p test/upgrade/recorded/NNNN
 *     TEST_RECORD_TO=test/upgrade/recorded/NNNN npx jest test/upgrade/record-world
 */
const folder = process.env.TEST_RECORD_TO;

(folder ? it : it.skip)(
  'records this version',
  async () => {
    const points = await openPointsApi({ variables: { TESSERA_MODE: 'sandbox' } });
    try {
      const answers = new Map<string, unknown>();
      const requests = await perform(points, WORLD, answers);
      const rows = await dump(points);
      const later = await perform(points, LATER, answers);
      writeFileSync(`${folder}/rows.jsonl`, `${rows.join('\n')}\n`);
      writeFileSync(`${folder}/requests.json`, `${JSON.stringify({ requests, later }, null, 1)}\n`);
    } finally {
      await points.close();
    }
  },
  300_000,
);

async function perform(points: PointsApi, list: readonly WorldRequest[], answers: Map<string, unknown>) {
  const done: object[] = [];
  for (const { as, by, text, input } of list) {
    const variables = { input: resolve(input, answers) };
    const { data, errors } = await points.api.ask(points[by], text, variables);
    if (errors) throw new Error(`${as}: ${JSON.stringify(errors)}`);
    const [answer] = Object.values(data);
    answers.set(as, answer);
    done.push({ as, by, text, variables, answer });
  }
  return done;
}

/** "@purchase.purchaseId" becomes that field of the answer to "purchase". */
function resolve(value: unknown, answers: ReadonlyMap<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((each) => resolve(each, answers));
  if (typeof value === 'string' && value.startsWith('@')) {
    const [as, ...path] = value.slice(1).split('.');
    const found = path.reduce<Answer>((value, step) => value?.[step], answers.get(as));
    if (found === undefined) throw new Error(`${value} is not there: ${JSON.stringify(answers.get(as))}`);
    return found;
  }
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolve(each, answers)]));
  return value;
}

async function dump({ test }: PointsApi): Promise<string[]> {
  const { owner } = test.database;
  const { rows: tables } = await owner.query(
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'migration' ORDER BY relname",
  );
  const lines: string[] = [];
  for (const { relname } of tables) {
    const { rows } = await owner.query(`SELECT row_to_json(t)::text AS row FROM ${relname} t ORDER BY t::text`);
    for (const { row } of rows) lines.push(`${relname}\t${row}`);
  }
  return lines;
}
