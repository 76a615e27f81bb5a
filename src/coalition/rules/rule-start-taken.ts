import { Refusal } from '../../platform/refusal';

/** Another version of a brand's rule starts at that very moment. */
export class RuleStartTaken extends Refusal {
  constructor() {
    super({
      code: 'RULE_START_TAKEN',
      retrySafe: false,
      message: 'A version of this rule starts at that moment already, and versions are never edited. Choose another effectiveFrom.',
    });
  }
}
