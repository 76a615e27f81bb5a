import { defineRefusal, refusals } from '../../platform/define-refusal';
import { text } from '../../platform/refusal-fields';

/** What is refused where a rule counts, or points pay, another money. */
export const moneyRefusals = refusals(
  defineRefusal('MONEY_CURRENCY_MISMATCH', {
    description: 'The rule counts another money than was sent.',
    retrySafe: true,
    fields: { expected: text('ISO 4217 code of the money that the rule counts.') },
    discloses: 'NOBODY',
  }),
);
