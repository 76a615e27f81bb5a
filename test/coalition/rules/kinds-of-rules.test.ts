import { randomUUID } from 'node:crypto';
import type { Principal } from '../../../src/coalition/access/principal';
import { defineRule } from '../../../src/coalition/rules/define-rule';
import { listRules, type RulePage } from '../../../src/coalition/rules/list-rules';
import { points } from '../../../src/coalition/rules/rule-fields';
import { setRule } from '../../../src/coalition/rules/set-rule';
import { LOCKS } from '../../../src/platform/locks';
import { createShopCoalition, type ShopCoalition, staffPerson, type Till } from '../../support/shop-coalition';

// Every owner, with versions that follow each other and that stand side by side: kinds that no room has.
const common = { lock: LOCKS.GIFT_RULE, called: 'a rule', without: 'there is none', fields: { worth: points('What it is worth', 5) } };
const sideBySide = { things: 'rules', most: 2, tooEarly: 'Now or later.' };
const FOLLOWING = (['BRAND', 'COALITION', 'EITHER'] as const).map((owner) =>
  defineRule({ ...common, name: `${owner}Following`, table: `${owner.toLowerCase()}_following`, owner }),
);
const STANDING = (['BRAND', 'COALITION', 'EITHER'] as const).map((owner) =>
  defineRule({ ...common, name: `${owner}Standing`, table: `${owner.toLowerCase()}_standing`, owner, sideBySide }),
);
type Kind = (typeof FOLLOWING)[number];

let shop: ShopCoalition;
let fuel: Till;
let operator: Principal;
beforeAll(async () => {
  shop = await createShopCoalition({ now: new Date('2026-03-15T12:00:00Z') });
  fuel = await shop.brand('FUEL');
  operator = await staffPerson(shop, shop.operatorId, 'OPERATOR');
  const owned = { BRAND: 'brand_id uuid NOT NULL,', COALITION: '', EITHER: 'owner_brand_id uuid NOT NULL,' };
  for (const kind of [...FOLLOWING, ...STANDING])
    await shop.database.owner.query(`
      CREATE TABLE ${kind.table} (
        id uuid PRIMARY KEY, ${owned[kind.owner]} currency_id smallint NOT NULL, worth bigint NOT NULL, effective_from timestamptz NOT NULL,
        created_at timestamptz NOT NULL, ${kind.sideBySide ? 'ends_at timestamptz' : 'version int NOT NULL, withdrawn_at timestamptz'});
      GRANT SELECT, INSERT ON ${kind.table} TO tessera_app`);
});
afterAll(() => shop.close());

const setters = ({ owner }: Kind) => ({ BRAND: [fuel.principal], COALITION: [operator], EITHER: [operator, fuel.principal] })[owner];
const set = (kind: Kind, by: Principal, day: number) =>
  setRule(shop.app, by, kind, kind.schema.parse({ idempotencyKey: randomUUID(), currency: 'FLP', effectiveFrom: new Date(Date.UTC(2026, 3, day)) }));
const ownerOf = ({ owner }: Kind, by: Principal) => (owner === 'COALITION' || by.kind === 'member' ? null : by.brandId);

/** Lists a page of one after the other. */
async function listed(kind: Kind, by: Principal): Promise<string[]> {
  const ids: string[] = [];
  const after = (below: RulePage['below']) => listRules(shop.app, by, kind, { currency: 'FLP', limit: 1, below });
  let [rule] = await after(null);
  while (rule) {
    ids.push(rule.id);
    [rule] = await after(rule[kind.listedBy]);
  }
  return ids;
}

test.each(FOLLOWING)('$name: versions of each owner are counted, and a list goes through all of them', async (kind) => {
  const made: string[] = [];
  for (const day of [1, 2])
    for (const by of setters(kind)) {
      const rule = await set(kind, by, day);
      expect(rule).toMatchObject({ version: day, worth: 5n, ownerBrandId: ownerOf(kind, by) });
      made.unshift(rule.id);
    }
  expect(await listed(kind, setters(kind)[0] as Principal)).toEqual(made);
});

test.each(STANDING)('$name: so many of each owner run at once, and a list goes through all of them', async (kind) => {
  const made: string[] = [];
  for (const by of setters(kind)) {
    for (const day of [1, 1]) made.unshift((await set(kind, by, day)).id);
    await expect(set(kind, by, 2)).rejects.toMatchObject({ code: 'TOO_MANY_VERSIONS', fields: { maximum: 2 } });
  }
  expect(await listed(kind, setters(kind)[0] as Principal)).toEqual(made);
  await shop.database.owner.query(`UPDATE ${kind.table} SET ends_at = '2026-03-14'`);
  expect(await set(kind, setters(kind)[0] as Principal, 3)).toMatchObject({ version: 0, worth: 5n });
});
