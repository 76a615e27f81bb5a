import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { versionRefusals } from './rule-bounds';

/** What is refused where a version of a rule is set. */
export const ruleRefusals = refusals(
  keyRefusals,
  versionRefusals,
  defineRefusal('RULE_START_TAKEN', {
    description: 'A version of the rule starts at that moment already; versions are never edited.',
    retrySafe: false,
    message: 'A version of this rule starts at that moment already, and versions are never edited. Choose another effectiveFrom.',
  }),
);
