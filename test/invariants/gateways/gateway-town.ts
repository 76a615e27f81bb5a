import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { verifyBooks } from '../../../src/process/verify/verify-books';
import type { Answer } from '../../support/api';
import { openPointsApi, type PointsApi } from '../../support/points-api';
import type { TestDatabase } from '../../support/test-database';
import { randomFrom, SEED } from '../run-settings';
import { ClientLog, type Told } from './client-log';
import { Errands } from './errands';

/** A coalition with members, and an external client of it that remembers all it was told. */
export interface GatewayTown {
  readonly points: PointsApi;
  readonly log: ClientLog;
  /** Each member's, by which clients name them. */
  readonly cards: readonly string[];
  /** Sends one errand after the other until then. */
  caller(urlOf: (attempt: number) => string, until: () => boolean): Promise<void>;
  /** What the books say that the client was not told, or told otherwise. None when all is well. */
  faults(): Promise<string[]>;
  /** What the product's own verification finds. */
  verified(): Promise<string[]>;
  /** Sends what was answered again: how many of so many get another answer. */
  repeat(urlOf: (attempt: number) => string, count: number): Promise<Told[]>;
  close(): Promise<void>;
}

export interface GatewayTownOptions {
  readonly members: number;
  /** One of the test's own instead of the shared server's. */
  readonly database?: TestDatabase;
  /** Mutations that are asked for; all unless given. */
  readonly only?: readonly string[];
}

export async function openGatewayTown({ members, database, only }: GatewayTownOptions): Promise<GatewayTown> {
  const points = await openPointsApi({ now: new Date(), database });
  const { test, api, coalition } = points;
  const cards = Array.from({ length: members }, (_, n) => `card ${n}`);
  for (let at = 0; at < members; at += 100) {
    const input = cards.slice(at, at + 100).map((card) => ({ idempotencyKey: card, identifiers: [{ kind: 'CARD', value: card }] }));
    const { data } = await api.ask(points.fuel, 'mutation ($input: [EnrolMemberInput!]!) { enrolMembers(input: $input) { __typename } }', { input });
    if (!data?.enrolMembers) throw new Error('the members could not be enrolled');
  }
  await allow(points);
  const random = randomFrom(SEED);
  const errands = new Errands(coalition, cards, `run ${SEED}`, random, only);
  const log = new ClientLog();
  // Tokens are made by the clock that stands still here and judged by the gateways' own.
  const clockwork = setInterval(() => test.clock.set(new Date()), 1_000);
  return {
    points,
    log,
    cards,
    async caller(urlOf, until) {
      while (!until()) errands.heard(await log.run(errands.next(), urlOf));
    },
    async faults() {
      const { owner } = test.database;
      const parties = Object.values(coalition.brands).map((brand) => brand.id);
      const { rows } = await owner.query("SELECT id, outcome, result FROM posting WHERE party_id = ANY($1) AND kind <> 'ENROL_MEMBER'", [parties]);
      const stored = new Map(rows.map((row) => [row.id, row]));
      const faults: string[] = [];
      for (const [id, { errand, said, thing }] of log.told) {
        const posting = stored.get(id);
        if (said === 'NOT_KEPT') {
          if (posting) faults.push(`${errand.mutation} ${errand.key} was refused and not kept, the ledger has it`);
        } else if (posting?.outcome !== said) faults.push(`${errand.mutation} ${errand.key} was ${said}, the ledger says ${posting?.outcome}`);
        else if (said === 'ACCEPTED' && thing.points !== undefined && posting.result.answer.points !== thing.points)
          faults.push(`${errand.mutation} ${errand.key} said ${thing.points} points, the ledger ${posting.result.answer.points}`);
      }
      for (const id of stored.keys()) if (!log.told.has(id)) faults.push(`posting ${id} was told to nobody`);
      return faults.slice(0, 10);
    },
    verified: () => verifyIn(points),
    async repeat(urlOf, count) {
      // What was not kept may be answered otherwise by now.
      const all = [...log.told.values()].filter(({ said }) => said !== 'NOT_KEPT');
      const changed: Told[] = [];
      const again = new ClientLog();
      for (let at = 0; at < Math.min(count, all.length); at++) {
        const told = all[random.int(all.length)];
        const { thing } = await again.run(told.errand, urlOf);
        if (!isSame(told.thing, thing) || (!thing.code && !thing.duplicate)) changed.push({ ...told, thing });
      }
      return changed;
    },
    async close() {
      clearInterval(clockwork);
      await sleep(0);
      await points.close();
    },
  };
}

/**
 * Whether a repetition gets the first answer. Of a burn on a card alone that was refused there is no link: its
 * repetition does not say again how much there was (docs/decisions/0034-a-balance-is-told-as-of-today.md).
 */
function isSame(first: Answer, again: Answer): boolean {
  const message = first.code === 'INSUFFICIENT_POINTS' && again.message === TOLD_NO_MORE ? TOLD_NO_MORE : first.message;
  return JSON.stringify({ ...again, duplicate: null }) === JSON.stringify({ ...first, message, duplicate: null });
}

const TOLD_NO_MORE = 'Fewer points can be spent than were asked for.';

/** Lets members give points and convert them, there and back. */
async function allow({ test, api, coalition }: PointsApi): Promise<void> {
  const effectiveFrom = test.clock.now().toISOString();
  const prices = { issuancePrice: { amount: '0.01', currency: 'EUR' }, reimbursementPrice: { amount: '0.008', currency: 'EUR' } };
  const terms = { withBrandId: null, currency: 'MLS', effectiveFrom: '2025-01-01T00:00:00Z', mayIssue: true, mayRedeem: true, backdatingDays: 30, ...prices };
  const currency = { code: 'MLS', name: 'Miles', scale: 0, timeZone: 'UTC', clearingModel: 'OPERATOR', settlementCurrency: 'EUR', expiry: { kind: 'NONE' } };
  const rate = { minimum: 10, increment: 10, effectiveFrom };
  const changes = [
    ['createPointCurrency', 'CreatePointCurrencyInput', currency],
    ['setGiftRule', 'SetGiftRuleInput', { currency: 'FLP', minimum: 10, step: 10, dailyMaximum: 1_000, effectiveFrom: '2025-01-01T00:00:00Z' }],
    ['proposeTerms', 'ProposeTermsInput', terms],
    ['storeConversionRate', 'StoreConversionRateInput', { fromCurrency: 'FLP', toCurrency: 'MLS', ratio: { numerator: 2, denominator: 3 }, ...rate, fee: 1 }],
    ['storeConversionRate', 'StoreConversionRateInput', { fromCurrency: 'MLS', toCurrency: 'FLP', ratio: { numerator: 3, denominator: 2 }, ...rate }],
  ] as const;
  for (const [name, type, input] of changes) {
    const token = name === 'proposeTerms' ? coalition.brands.FUEL.freshToken : coalition.freshOperatorToken;
    const text = `mutation ($input: ${type}!) { ${name}(input: $input) { __typename ${name === 'proposeTerms' ? '... on Terms { id }' : ''} ... on Refusal { message } } }`;
    const { data, errors } = await api.ask(token, text, { input: { idempotencyKey: `${name} ${JSON.stringify(input)}`, ...input } });
    if (errors || data[name].message) throw new Error(JSON.stringify(errors ?? data[name]));
    if (name !== 'proposeTerms') continue;
    const countersign = 'mutation ($input: DecideTermsInput!) { countersignTerms(input: $input) { __typename } }';
    await api.ask(coalition.freshOperatorToken, countersign, { input: { termsId: data[name].id } });
  }
}

async function verifyIn({ test }: PointsApi): Promise<string[]> {
  const runner = test.app.database.source.createQueryRunner();
  try {
    const findings = await verifyBooks((await runner.connect()) as PoolClient);
    return findings.flatMap(({ check, first }) => (first ? [`${check}: ${JSON.stringify(first)}`] : []));
  } finally {
    await runner.release();
  }
}
