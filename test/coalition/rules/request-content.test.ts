import { z } from 'zod';
import { defineRule } from '../../../src/coalition/rules/define-rule';
import { choice, fraction, optionalPoints, points } from '../../../src/coalition/rules/rule-fields';
import { contentHash } from '../../../src/ledger/ledger/idempotency';
import { LOCKS } from '../../../src/platform/locks';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { VELOCITY_LIMIT } from '../../../src/programme/limits/velocity-limit';
import { REDEMPTION_RULE } from '../../../src/programme/redemption/redemption-rule';
import { GIFT_RULE } from '../../../src/programme/sharing/gift-rule';

type Kind = Pick<typeof GIFT_RULE, 'name' | 'schema' | 'content'>;
const asked = { idempotencyKey: 'a-key', reason: 'why', currency: 'FLP', effectiveFrom: new Date('2026-01-01T00:00:00Z') };
const hashOf = ({ name, schema, content }: Kind, more: object = {}) =>
  contentHash(`set${name}`, content(schema.parse({ ...asked, ...more })))
    .toString('hex')
    .slice(0, 16);

// Keys of requests like these are in use: no hash here is ever rewritten. A field that changes one needs `addedLater`.
const earning = { moneyCurrency: 'GBP', pointsPerUnit: 3 };
test.each<[string, Kind, object, string]>([
  ['an earning rule', EARNING_RULE, earning, 'f7a13040fd17f7f3'],
  ['one with defaults that are said', EARNING_RULE, { ...earning, earnsOn: 'GROSS', availability: { kind: 'IMMEDIATE', days: null } }, 'f7a13040fd17f7f3'],
  ['one that says more', EARNING_RULE, { ...earning, earnsOn: 'NET', availability: { kind: 'DELAY', days: 3 }, roundTo: 'UNIT' }, '140fb896fe737318'],
  ['a redemption rule', REDEMPTION_RULE, { moneyCurrency: 'GBP', pointsPerUnit: 100n }, '4b5aa334eaf4e6a8'],
  ['a rule for gifts', GIFT_RULE, {}, 'd52fdb4a66d4f880'],
  ['a velocity limit', VELOCITY_LIMIT, { act: 'EARN', measure: 'POINTS', window: 'DAY', maximum: 5n }, 'a9619c06a7dcafa8'],
])('the request for %s is still the one that it was', (_, kind, more, hash) => {
  expect(hashOf(kind, more)).toBe(hash);
});

const common = { name: 'Stamp', table: 'stamp', lock: LOCKS.GIFT_RULE, owner: 'BRAND', called: 'a stamp', without: 'there is none' } as const;
const worth = points('What it is worth', 5);
const before = defineRule({ ...common, fields: { worth } });
const ratio = z.object({ numerator: z.int(), denominator: z.int() });
const place = { currency: {} as never, effectiveFrom: asked.effectiveFrom };

test.each([
  ['points', points('p', 1), 7n, { added: 1 }],
  ['points or none', optionalPoints('p', 'no limit'), 7n, { added: null }],
  ['a fraction', fraction('p', '1 by default', ratio), { numerator: 1, denominator: 2 }, { added_numerator: 1, added_denominator: 1 }],
])('%s that are added later leave the content of earlier requests as it was, and their default is kept', (_, field, other, columns) => {
  const after = defineRule({ ...common, fields: { worth, added: { ...field, addedLater: true } } });
  expect(hashOf(after)).toBe(hashOf(before));
  expect(hashOf(after, { added: null })).toBe(hashOf(before));
  expect(hashOf(after, { added: other })).not.toBe(hashOf(before));
  expect(after.columns(after.schema.parse(asked), place)).toEqual({ worth: 5, ...columns });
});

test('what has to be sent cannot be added later', () => {
  const colour = { ...choice({ name: 'Colour', says: 'Of it.', values: { RED: 'Red.' } }, 'Which'), addedLater: true };
  expect(() => defineRule({ ...common, fields: { worth, colour } })).toThrow('Stamp: colour was added later, so it may be left out');
});

test.each(['id', 'version', 'currency', 'currencyId', 'ownerBrandId', 'effectiveFrom', 'withdrawnAt', 'createdAt', 'idempotencyKey', 'reason', 'brandId'])(
  'no field is called %s: every rule has that',
  (name) => {
    expect(() => defineRule({ ...common, fields: { worth, [name]: worth } })).toThrow(`Stamp: every rule has ${name}, so no field is called that`);
  },
);
