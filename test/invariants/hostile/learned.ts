import { type randomFrom } from '../run-settings';

type Random = ReturnType<typeof randomFrom>;

/** How many of a kind are remembered; the oldest are forgotten. */
const MOST = 40;

/** What answers gave the attacker, for later calls: ids by their prefix, cursors, codes, tokens of sessions. */
export class Learned {
  private readonly byKind = new Map<string, string[]>();

  /** `untouched`: ids that the attacker needs itself, and does not try to end. */
  constructor(
    private readonly random: Random,
    private readonly untouched: ReadonlySet<string>,
  ) {}

  takeFrom(body: string): void {
    for (const [, field, value] of body.matchAll(/"(\w+_(?:cursor|endCursor|code|token))":"([^"]+)"/g)) this.remember(kindOfField(field), value);
    for (const [id, prefix] of body.matchAll(/\b([a-z]{3})_[0-9a-f]{32}\b/g)) this.remember(prefix, id);
  }

  /** One of a kind, such as "mem", "cursor", "ClaimCode_code"; null: none was learned. */
  one(kind: string): string | null {
    const known = this.byKind.get(kind);
    return known ? this.random.pick(known) : null;
  }

  /** How many different ones of each kind were learned. */
  kinds(): readonly string[] {
    return [...this.byKind.keys()];
  }

  private remember(kind: string, value: string): void {
    if (this.untouched.has(value)) return;
    const known = this.byKind.get(kind) ?? [];
    if (known.includes(value)) return;
    this.byKind.set(kind, [...known.slice(1 - MOST), value]);
  }
}

function kindOfField(field: string): string {
  return /_(cursor|endCursor)$/.test(field) ? 'cursor' : field;
}
