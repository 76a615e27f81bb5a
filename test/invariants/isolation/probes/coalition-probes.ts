import { createPointCurrency } from '../../../../src/coalition/coalition/create-point-currency';
import type { RuleKind } from '../../../../src/coalition/rules/define-rule';
import type { RuleVersion } from '../../../../src/coalition/rules/rule-version';
import { setRule } from '../../../../src/coalition/rules/set-rule';
import { newUuid, type Uuid } from '../../../../src/platform/ids';
import { EARNING_RULE } from '../../../../src/programme/earning/earning-rule';
import { storeConversionRate } from '../../../../src/programme/exchange/store-conversion-rate';
import { VELOCITY_LIMIT } from '../../../../src/programme/limits/velocity-limit';
import { REDEMPTION_RULE } from '../../../../src/programme/redemption/redemption-rule';
import { GIFT_RULE } from '../../../../src/programme/sharing/gift-rule';
import { Id } from '../names';
import type { Side } from '../side';
import type { TwoBrands } from '../two-brands';
import { brand, money, nextStart, type Probe, page, probe, since, withReason } from './probe';

const DIRECTORY = "the coalition's directory: every brand is known to every other";

const aPartnership = (state?: string) => ({
  prepare: (side: Side) => side.partnership('COUNTERSIGNED', state),
  args: (side: Side, made: { partnershipId: Uuid }) => ({ input: { partnershipId: new Id('partnership', made.partnershipId), ...withReason(side) } }),
});
const aProposal = {
  prepare: (side: Side) => side.partnership('PROPOSED', 'PROPOSED'),
  args: (side: Side, made: { termsId: Uuid }) => ({ input: { termsId: new Id('terms', made.termsId), ...withReason(side) } }),
};

async function earningRuleOf({ brandId }: Side, { points: { test } }: TwoBrands): Promise<Uuid> {
  return (await test.database.owner.query('SELECT id FROM earning_rule WHERE brand_id = $1 LIMIT 1', [brandId])).rows[0].id;
}

/** A version that has not begun, which the call withdraws. */
const aVersion = <Rule extends RuleVersion>(kind: RuleKind<Rule>, more: object, by?: 'operator') => ({
  by,
  prepare: async (side: Side, { points: { test }, operator }: TwoBrands) => {
    const command = { idempotencyKey: newUuid(), currency: 'FLP', effectiveFrom: new Date(nextStart()), ...more };
    return (await setRule(test.app, by ? operator.principal : side.client.principal, kind, kind.schema.parse(command))).id;
  },
  args: (side: Side, ruleId: Uuid) => ({ input: { ruleId: new Id('rule', ruleId), ...withReason(side) } }),
});

async function twoCurrencies(side: Side, { points: { test }, operator }: TwoBrands, prefix = 'R'): Promise<[string, string]> {
  const codes: [string, string] = [`${prefix}${side.code}1`, `${prefix}${side.code}2`];
  const common = { name: 'r', scale: 0, timeZone: 'UTC', clearingModel: 'OPERATOR', settlementCurrency: 'EUR', expiry: { kind: 'NONE' } } as const;
  for (const code of codes) await createPointCurrency(test.app, operator.principal, { ...common, idempotencyKey: code, code, ownerBrandId: null });
  return codes;
}
const rateFields = ([fromCurrency, toCurrency]: [string, string]) => ({ fromCurrency, toCurrency, minimum: 1, increment: 1, effectiveFrom: since });

/** What the coalition has agreed on: brands, currencies, partnerships and terms, rules, limits, rates. */
export const COALITION_PROBES: Readonly<Record<string, Probe>> = {
  'Query.brands': probe({ args: () => page }),
  'Query.brand': probe({ args: (side) => ({ id: brand(side) }), tells: { id: DIRECTORY } }),
  'Query.pointCurrencies': probe({ args: () => page }),
  'Query.pointCurrency': probe({ args: () => ({ code: 'FLP' }) }),
  'Query.partnerships': probe({ args: () => page }),
  'Query.partnership': probe({ prepare: (side) => side.partnership(), args: (_side, made) => ({ id: new Id('partnership', made.partnershipId) }) } as Probe<{
    partnershipId: Uuid;
  }>),
  'Query.terms': probe({ prepare: (side) => side.partnership(), args: (_side, made) => ({ id: new Id('terms', made.termsId) }) } as Probe<{ termsId: Uuid }>),
  'Query.earningRules': probe({ args: () => ({ ...page, currency: 'FLP' }) }),
  'Query.redemptionRules': probe({ args: () => ({ ...page, currency: 'FLP' }) }),
  'Query.velocityLimits': probe({ args: () => ({ ...page, currency: 'FLP' }) }),
  'Query.conversionRates': probe({ args: () => page }),
  'Query.giftRules': probe({ args: () => ({ ...page, currency: 'FLP' }) }),
  'Mutation.createBrand': probe({
    by: 'operator',
    args: (side, _made, key) => ({ input: { idempotencyKey: key, code: `NEW${side.code}`, name: 'new', ...withReason(side) } }),
  }),
  'Mutation.updateBrand': probe({ by: 'operator', args: (side) => ({ input: { brandId: brand(side), country: 'AT', ...withReason(side) } }) }),
  'Mutation.suspendBrand': probe({ by: 'operator', args: (side) => ({ input: { brandId: brand(side), ...withReason(side) } }) }),
  'Mutation.resumeBrand': probe({ by: 'operator', args: (side) => ({ input: { brandId: brand(side), ...withReason(side) } }) }),
  'Mutation.createPointCurrency': probe({
    by: 'operator',
    args: (side, _made, key) => ({
      input: {
        ...{ idempotencyKey: key, ownerBrandId: brand(side), code: `OF${side.code}`, name: 'own', scale: 0, timeZone: 'UTC', clearingModel: 'ISSUER' },
        ...{ settlementCurrency: 'EUR', expiry: { kind: 'NONE' }, ...withReason(side) },
      },
    }),
  }),
  'Mutation.proposeTerms': probe({
    args: (side, _made, key) => ({
      input: {
        ...{ idempotencyKey: key, withBrandId: null, currency: 'FLP', effectiveFrom: nextStart(), mayIssue: true, mayRedeem: true },
        ...{ issuancePrice: money('0.02'), reimbursementPrice: money('0.01'), dataSharingPurposes: [`${side.word} purpose`], ...withReason(side) },
      },
    }),
  }),
  'Mutation.countersignTerms': probe<{ termsId: Uuid }>(aProposal),
  'Mutation.declineTerms': probe<{ termsId: Uuid }>(aProposal),
  'Mutation.suspendPartnership': probe<{ partnershipId: Uuid }>(aPartnership()),
  'Mutation.resumePartnership': probe<{ partnershipId: Uuid }>(aPartnership('SUSPENDED')),
  'Mutation.endPartnership': probe<{ partnershipId: Uuid }>(aPartnership()),
  'Mutation.setEarningRule': probe({
    args: (side, _made, key) => ({
      input: { idempotencyKey: key, currency: 'FLP', moneyCurrency: 'EUR', pointsPerUnit: 2, excludedSkus: [`${side.word} sku`], effectiveFrom: nextStart() },
    }),
  }),
  'Mutation.setRedemptionRule': probe({
    args: (side, _made, key) => ({
      input: { idempotencyKey: key, currency: 'FLP', moneyCurrency: 'EUR', pointsPerUnit: 100, effectiveFrom: nextStart(), ...withReason(side) },
    }),
  }),
  'Mutation.withdrawEarningRule': probe<Uuid>(aVersion(EARNING_RULE, { moneyCurrency: 'EUR', pointsPerUnit: 2 })),
  'Mutation.withdrawRedemptionRule': probe<Uuid>(aVersion(REDEMPTION_RULE, { moneyCurrency: 'EUR', pointsPerUnit: 100n })),
  'Mutation.setVelocityLimit': probe<Uuid>({
    prepare: earningRuleOf,
    args: (side, ruleId, key) => ({
      input: {
        ...{ idempotencyKey: key, currency: 'FLP', act: 'EARN', measure: 'POINTS', window: 'YEAR', maximum: 1_000_000_000 },
        ...{ brandId: brand(side), earningRuleId: new Id('rule', ruleId), ...withReason(side) },
      },
    }),
  }),
  'Mutation.endVelocityLimit': probe<Uuid>({
    prepare: async (side, { points: { test } }) => {
      const limit = { currency: 'FLP', act: 'GIFT', measure: 'COUNT', window: 'DAY', maximum: 1_000n };
      return (await setRule(test.app, side.client.principal, VELOCITY_LIMIT, VELOCITY_LIMIT.schema.parse({ idempotencyKey: newUuid(), ...limit }))).id;
    },
    args: (side, limitId) => ({ input: { limitId: new Id('limit', limitId), ...withReason(side) } }),
  }),
  'Mutation.storeConversionRate': probe<[string, string]>({
    by: 'operator',
    prepare: twoCurrencies,
    args: (side, codes, key) => ({ input: { idempotencyKey: key, ...rateFields(codes), ratio: { numerator: 1, denominator: 2 }, ...withReason(side) } }),
  }),
  'Mutation.endConversionRate': probe<Uuid>({
    by: 'operator',
    prepare: async (side, world) => {
      const [to, from] = [`R${side.code}1`, `R${side.code}2`];
      const { app } = world.points.test;
      const rate = { numerator: 1n, denominator: 2n, minimum: 1n, increment: 1n, fee: 0n, effectiveFrom: new Date(since) };
      return (await storeConversionRate(app, world.operator.principal, { idempotencyKey: `rate ${side.code}`, fromCurrency: from, toCurrency: to, ...rate }))
        .id;
    },
    args: (side, rateId) => ({ input: { rateId: new Id('rate', rateId), endsAt: '2027-01-01T00:00:00Z', ...withReason(side) } }),
  }),
  'Mutation.importConversionRates': probe<[string, string]>({
    by: 'operator',
    prepare: (side, world) => twoCurrencies(side, world, 'I'),
    args: (side, [from, to], key) => ({
      input: {
        ...{ idempotencyKey: key, csv: `from,to,ratio_num_to,ratio_den_from,increment_from\nmiles,${to},1,2,10`, effectiveFrom: since },
        ...{ currencies: [{ name: 'miles', code: from }], ...withReason(side) },
      },
    }),
  }),
  'Mutation.setGiftRule': probe({
    by: 'operator',
    args: (side, _made, key) => ({ input: { idempotencyKey: key, currency: 'FLP', minimum: 1, effectiveFrom: nextStart(), ...withReason(side) } }),
  }),
  'Mutation.withdrawGiftRule': probe<Uuid>(aVersion(GIFT_RULE, {}, 'operator')),
  'Mutation.setExpiryNotices': probe({ by: 'operator', args: (side) => ({ input: { currency: 'FLP', days: [45, 10], ...withReason(side) } }) }),
  'Mutation.moveTestClock': probe({
    by: 'operator',
    args: (side, _made, key) => ({ input: { idempotencyKey: key, by: { seconds: 1 }, ...withReason(side) } }),
  }),
};
