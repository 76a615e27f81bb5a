import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { PointCurrency } from '../../../src/coalition/coalition/coalition-snapshot';
import { defineRule, type RuleOf } from '../../../src/coalition/rules/define-rule';
import { listRules } from '../../../src/coalition/rules/list-rules';
import { choice, fraction, oneOf, optionalPoints, points } from '../../../src/coalition/rules/rule-fields';
import { rulesInForce } from '../../../src/coalition/rules/rules-in-force';
import { setRule } from '../../../src/coalition/rules/set-rule';
import { cachedRules } from '../../../src/coalition/rules/versioned-cache';
import { withdrawRule } from '../../../src/coalition/rules/withdraw-rule';
import { ratio } from '../../../src/ledger/points/ratio';
import { LOCKS } from '../../../src/platform/locks';
import { createShopCoalition, type ShopCoalition, type Till } from '../../support/shop-coalition';

// A kind of rule that no room has: what a declaration alone gives.
const STAMP_RULE = defineRule({
  name: 'StampRule',
  table: 'stamp_rule',
  lock: LOCKS.GIFT_RULE,
  owner: 'BRAND',
  called: 'the rule for stamps',
  without: 'none are given',
  fields: {
    colour: choice({ name: 'Colour', says: 'Of a stamp.', values: { RED: 'Red.', BLUE: 'Blue.' } }, 'Which stamp'),
    worth: points('What a stamp is worth', 5),
    most: optionalPoints('Most that are worth anything', 'no limit'),
    share: fraction('Of a basket', '1 by default', z.object({ numerator: z.int(), denominator: z.int() })),
  },
  bounds: [({ worth, most }) => (most !== null && most < worth ? { field: 'most', message: 'The most is not below the worth.' } : null)],
});
type StampRule = RuleOf<typeof STAMP_RULE>;
const stampRules = cachedRules(STAMP_RULE, rulesInForce<StampRule>);

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
beforeAll(async () => {
  shop = await createShopCoalition();
  [fuel, taxi] = [await shop.brand('FUEL'), await shop.brand('TAXI')];
  await shop.database.owner.query(`
    CREATE TABLE stamp_rule (
      id uuid PRIMARY KEY, brand_id uuid NOT NULL, currency_id smallint NOT NULL, version int NOT NULL,
      colour text NOT NULL, worth bigint NOT NULL, most bigint, share_numerator bigint NOT NULL, share_denominator bigint NOT NULL,
      effective_from timestamptz NOT NULL, created_at timestamptz NOT NULL, withdrawn_at timestamptz,
      CONSTRAINT stamp_rule_one_start EXCLUDE USING btree (brand_id WITH =, currency_id WITH =, effective_from WITH =) WHERE (withdrawn_at IS NULL));
    CREATE TRIGGER stamp_rule_version AFTER INSERT OR UPDATE ON stamp_rule FOR EACH STATEMENT EXECUTE FUNCTION bump_coalition_version();
    GRANT SELECT, INSERT, UPDATE (withdrawn_at) ON stamp_rule TO tessera_app`);
});
beforeEach(() => shop.database.owner.query('DELETE FROM stamp_rule'));
afterAll(() => shop.close());

const asked = (day: string, more: object = {}) => ({ idempotencyKey: randomUUID(), currency: 'FLP', effectiveFrom: new Date(day), colour: 'RED', ...more });
const set = (day: string, more: object = {}, till = fuel) => setRule(shop.app, till.principal, STAMP_RULE, STAMP_RULE.schema.parse(asked(day, more)));
const problems = (more: object) => STAMP_RULE.schema.safeParse(asked('2026-01-01', more)).error?.issues.map(({ path, message }) => [path.join('.'), message]);

async function inForce(day: string, till = fuel): Promise<StampRule | undefined> {
  const version = await shop.app.database.transaction({ kind: 'worker' }, ({ client }) => shop.app.coalition.version(client));
  const currency: Pick<PointCurrency, 'id' | 'timeZone'> = { id: shop.currencyId, timeZone: 'UTC' };
  return (await stampRules(shop.app, version)).at(till.brandId, currency, new Date(day))[0];
}

test('what is left out has its default, and what was sent comes back as it is used and as it is shown', async () => {
  const rule = await set('2026-01-01', { most: 70n, share: { numerator: 1, denominator: 3 } });
  expect(rule).toMatchObject({ version: 1, currency: 'FLP', ownerBrandId: fuel.brandId, colour: 'RED', worth: 5n, most: 70n, share: ratio(1, 3) });
  expect(STAMP_RULE.show(rule)).toEqual({ colour: 'RED', worth: 5n, most: 70n, share: { numerator: 1, denominator: 3 } });
  expect(await set('2026-01-02')).toMatchObject({ version: 2, most: null, share: ratio(1) });
});

test('each field is checked, and the bounds over several', () => {
  expect(problems({})).toBeUndefined();
  expect(problems({ colour: 'GREEN' })).toMatchObject([['colour', expect.anything()]]);
  expect(problems({ worth: 0n })).toEqual([['worth', 'Points must be more than zero.']]);
  expect(problems({ worth: 9n, most: 8n })).toEqual([['most', 'The most is not below the worth.']]);
  expect(problems({ currency: 'flp' })).toMatchObject([['currency', expect.anything()]]);
  expect(problems({ effectiveFrom: new Date('1969-12-31') })).toEqual([['effectiveFrom', 'This lies before 1970.']]);
});

test('of two fields one is sent, and not both', () => {
  const bound = oneOf('these', 'those', 'Say how many');
  expect(bound({ these: undefined, those: undefined })).toEqual({ field: 'these', message: 'Say how many: these, or those.' });
  expect(bound({ these: 1, those: 2 })).toEqual({ field: 'those', message: 'Send these or those, not both.' });
  expect(bound({ these: undefined, those: 0 })).toBeNull();
});

test('the same key gives the first answer, other content under it is refused', async () => {
  const command = STAMP_RULE.schema.parse(asked('2026-01-01'));
  const rule = await setRule(shop.app, fuel.principal, STAMP_RULE, command);
  expect(await setRule(shop.app, fuel.principal, STAMP_RULE, command)).toEqual(rule);
  await expect(setRule(shop.app, fuel.principal, STAMP_RULE, { ...command, worth: 6 })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  await expect(set('2026-01-01')).rejects.toMatchObject({ code: 'RULE_START_TAKEN' });
});

test('the latest that has started is in force, for its brand', async () => {
  const [first, second] = [await set('2026-01-01'), await set('2026-02-01', { worth: 6n })];
  expect(await inForce('2025-12-31')).toBeUndefined();
  expect(await inForce('2026-01-31')).toEqual(first);
  expect(await inForce('2026-02-01')).toEqual(second);
  expect(await inForce('2026-02-01', taxi)).toBeUndefined();
});

test('a version that is set or withdrawn is known to whoever asks next', async () => {
  const first = await set('2026-01-01');
  expect(await inForce('2027-01-01')).toEqual(first);
  const second = await set('2026-12-01');
  expect(await inForce('2027-01-01')).toEqual(second);
  await withdrawRule(shop.app, fuel.principal, STAMP_RULE, { ruleId: second.id, reason: null });
  expect(await inForce('2027-01-01')).toEqual(first);
});

test('versions are listed newest first, a page below the last one', async () => {
  for (const day of ['2026-01-01', '2026-03-01', '2026-02-01']) await set(day);
  await set('2026-01-01', {}, taxi);
  const list = async (below: number | null) =>
    (await listRules(shop.app, fuel.principal, STAMP_RULE, { currency: 'FLP', limit: 2, below })).map(({ version }) => version);
  expect(await list(null)).toEqual([3, 2]);
  expect(await list(2)).toEqual([1]);
});
