import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { count, instant } from '../../platform/refusal-fields';

/** Versions are bounded. */
export const versionRefusals = refusals(
  defineRefusal('TOO_MANY_VERSIONS', {
    description: 'As many versions are kept already as can be; versions are never removed.',
    retrySafe: false,
    fields: { maximum: count('Most that are kept.') },
    discloses: 'NOBODY',
  }),
);

/** What is refused where a version is set that stands beside others. */
export const sideBySideRefusals = refusals(keyRefusals, versionRefusals);

/** What is refused where a version of a rule is set. */
export const setRuleRefusals = refusals(
  sideBySideRefusals,
  defineRefusal('RULE_START_TAKEN', {
    description: 'A version of the rule starts at that moment already; versions are never edited.',
    retrySafe: false,
    message: 'A version of this rule starts at that moment already, and versions are never edited. Choose another effectiveFrom.',
  }),
);

/** What is refused where a version of a rule is withdrawn. */
export const withdrawRuleRefusals = refusals(
  defineRefusal('TOO_LATE_TO_WITHDRAW', {
    description: 'The version has begun, or begins so soon that something may be booked by it: it stays.',
    retrySafe: false,
    fields: { until: instant('Until when it could be withdrawn.'), effectiveFrom: instant('When it begins.') },
    discloses: 'NOBODY',
    message: ({ until, effectiveFrom }) =>
      `This version begins at ${effectiveFrom} and could be withdrawn until ${until}. Set another version that starts after it.`,
  }),
);
