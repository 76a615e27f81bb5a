import { z } from 'zod';
import { type AskedRule, defineRule, type RuleOf } from '../../coalition/rules/define-rule';
import type { Choice, IdShape, Row, RuleField } from '../../coalition/rules/rule-field';
import { choice } from '../../coalition/rules/rule-fields';
import { cachedRules } from '../../coalition/rules/versioned-cache';
import type { Tx } from '../../platform/database/transaction';
import type { Uuid } from '../../platform/ids';
import { LOCKS } from '../../platform/locks';
import { NotFound } from '../../platform/refusal';

export type Act = 'EARN' | 'REDEEM' | 'CONVERT' | 'GIFT';
/** Windows of the calendar in the currency's time zone; weeks begin on Monday. */
export type LimitWindow = 'DAY' | 'WEEK' | 'MONTH' | 'YEAR';

const ACT: Choice<Act> = {
  name: 'LimitedAct',
  says: 'What a velocity limit is about.',
  values: {
    EARN: 'What purchases earn.',
    REDEEM: 'Burns, and holds when they are placed.',
    CONVERT: 'Points of the currency converted into another.',
    GIFT: 'Points given to another member.',
  },
};
const MEASURE: Choice<'POINTS' | 'COUNT'> = {
  name: 'LimitMeasure',
  says: 'What a velocity limit counts.',
  values: { POINTS: "Points, in the currency's smallest unit.", COUNT: 'How many times.' },
};
const WINDOW: Choice<LimitWindow> = {
  name: 'LimitWindow',
  says: "A window of the calendar in the currency's time zone.",
  values: { DAY: 'A calendar day.', WEEK: 'Monday to Sunday.', MONTH: 'A calendar month.', YEAR: 'A calendar year.' },
};
const WHEN_EXCEEDED: Choice<'REFUSE' | 'REDUCE'> = {
  name: 'WhenExceeded',
  says: 'What happens beyond a velocity limit.',
  values: {
    REFUSE: 'The whole request is refused as CAP_REACHED.',
    REDUCE: 'For EARN only: what is left is awarded, and the rest forgone.',
  },
};

function optionalId(id: IdShape['id'], says: string, sending: string, none: string): RuleField<Uuid | null, Uuid | null> {
  const schema = z
    .string()
    .nullish()
    .transform((sent) => sent ?? null);
  return { shape: { id }, says, sending, none, schema, value: (row, column) => row[column] as Uuid | null };
}

const setByBrandId: RuleField<never, Uuid> = {
  shape: { id: 'brand' },
  says: 'The brand that set it for itself, or the operator for the coalition',
  value: (row) => row.owner_brand_id as Uuid,
};

const maximum: RuleField<bigint, number> = {
  shape: 'POINTS',
  says: "Most points (in the currency's smallest unit), or times, in a window. What is voided, refunded or returned later makes no room again",
  sending: '0 forbids it',
  schema: z.bigint().refine((amount) => amount >= 0n, 'A maximum is not below zero.'),
  value: (row, column) => Number(row[column]),
};

const whenExceeded: RuleField<'REFUSE' | 'REDUCE', 'REFUSE' | 'REDUCE'> = {
  ...choice(WHEN_EXCEEDED, 'What happens beyond it'),
  sending: 'REFUSE by default',
  schema: z
    .enum(['REFUSE', 'REDUCE'])
    .nullish()
    .transform((then) => then ?? 'REFUSE'),
};

const endsAt: RuleField<never, Date | null> = {
  shape: 'DATE_TIME',
  says: 'First instant at which it no longer holds',
  none: 'nobody has ended it',
  value: (row, column) => row[column] as Date | null,
};

/** How much one member may do within a window. A brand's is for what happens at itself. */
export const VELOCITY_LIMIT = defineRule({
  name: 'VelocityLimit',
  table: 'velocity_limit',
  lock: LOCKS.VELOCITY_LIMIT,
  owner: 'EITHER',
  called: 'the velocity limits',
  means:
    'How much one member may do within a window, held under the lock of the wallet. What is voided, refunded or clawed back later gives nothing of it back; what is told late counts in the window in which it happened.',
  without: 'nothing is limited',
  // Every posting loads a counter for each limit that it must keep.
  sideBySide: { things: 'limits', most: 20, tooEarly: 'A limit begins now or later: it counts from then on.' },
  fields: {
    act: choice(ACT, 'What it is about'),
    measure: choice(MEASURE, 'What it counts'),
    window: {
      ...choice(WINDOW, 'Within which window'),
      columns: (sent: LimitWindow) => ({ time_window: sent }),
      value: (row: Row) => row.time_window as LimitWindow,
    },
    setByBrandId,
    brandId: optionalId(
      'brand',
      'What happens at this brand counts',
      'absent: for the operator at all brands together, for a brand at itself',
      'what happens at all brands together',
    ),
    earningRuleId: optionalId('rule', "What is earned by this version of a brand's earning rule counts", 'for EARN only', 'by any'),
    maximum,
    whenExceeded,
    endsAt,
  },
  bounds: [
    ({ act, whenExceeded: then }) =>
      act !== 'EARN' && then === 'REDUCE'
        ? { field: 'whenExceeded', message: 'Only what is earned can be reduced: nobody wants to spend or give another amount than was agreed.' }
        : null,
    ({ act, earningRuleId }) =>
      act !== 'EARN' && earningRuleId !== null ? { field: 'earningRuleId', message: 'Only earning goes by an earning rule.' } : null,
  ],
  settle: atBrand,
});
export type VelocityLimit = RuleOf<typeof VELOCITY_LIMIT>;

/** At which brand what happens counts: a brand's limit is for itself, that of an earning rule for the rule's brand. */
async function atBrand({ client }: Tx, { command, principal, ownerBrandId, currency, snapshot }: AskedRule): Promise<Row> {
  const ofOperator = principal.kind === 'staff' && principal.ofOperator;
  const brandId = ofOperator ? (command.brandId as Uuid | null) : ownerBrandId;
  if (brandId !== null && !snapshot.brandsById.has(brandId)) throw new NotFound('Brand');
  if (command.earningRuleId === null) return { brand_id: brandId };
  const { rows } = await client.query<{ brand_id: Uuid }>('SELECT brand_id FROM earning_rule WHERE id = $1 AND currency_id = $2 AND withdrawn_at IS NULL', [
    command.earningRuleId,
    currency.id,
  ]);
  const [rule] = rows;
  if (!rule || (brandId !== null && rule.brand_id !== brandId)) throw new NotFound('Earning rule');
  return { brand_id: rule.brand_id };
}

/** All limits: few, read whole. */
export interface VelocityLimits {
  of(currencyId: number, act: Act): readonly VelocityLimit[];
}

/** All limits, as of a version of the coalition's configuration; those that were set first come first. */
export const velocityLimits = cachedRules(VELOCITY_LIMIT, (all): VelocityLimits => {
  const limits = new Map<string, VelocityLimit[]>();
  for (const limit of [...all].sort((one, other) => (one.id < other.id ? -1 : 1))) {
    const key = `${limit.currencyId} ${limit.act}`;
    limits.set(key, [...(limits.get(key) ?? []), limit]);
  }
  return { of: (currencyId, act) => limits.get(`${currencyId} ${act}`) ?? [] };
});
