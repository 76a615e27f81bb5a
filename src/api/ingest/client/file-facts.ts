import type { FileKind, Row } from './file-rows';
import type { FileRecord } from './read-file';

/** Beyond this many, members are no longer told apart: their names would fill the memory. */
const MOST_MEMBERS = 1_000_000;

/** What a file says of itself while it is read: to be compared with what its sender knows of it. */
export class FileFacts {
  private entries = 0;
  private withoutReference = 0;
  private identicalNeighbours = 0;
  private firstIdentical: number | null = null;
  private readonly members = new Set<string>();
  /** Billionths of a unit, by money. */
  private readonly money = new Map<string, bigint>();
  private earliest: string | null = null;
  private latest: string | null = null;

  constructor(private readonly kind: FileKind) {}

  /** Passes records on, and counts those that say the same as the one before. */
  async *watch(records: AsyncIterable<FileRecord>): AsyncGenerator<FileRecord> {
    let before = '';
    for await (const record of records) {
      const said = record.unreadable === null ? JSON.stringify(record.values) : '';
      if (said !== '' && said === before) {
        this.identicalNeighbours++;
        this.firstIdentical ??= record.line;
      }
      before = said;
      yield record;
    }
  }

  add({ input }: Row): void {
    if ('unreadable' in input) return;
    this.entries++;
    // A member who is there already is not enrolled again; anything else without a name is known by what it says.
    if (!input.reference && this.kind !== 'MEMBERS') this.withoutReference++;
    const member = input.customerId ?? (input.identifier === undefined ? undefined : `${input.identifierKind} ${input.identifier}`);
    if (typeof member === 'string' && this.members.size <= MOST_MEMBERS) this.members.add(member);
    this.addDay(input.occurredAt ?? input.earnedOn);
    if (Array.isArray(input.lines)) for (const line of input.lines) this.addMoney(String(input.moneyCurrency ?? '?').toUpperCase(), line);
  }

  /** Sentences for whoever sent the file. */
  describe(): string[] {
    const count = (each: number) => each.toLocaleString('en');
    // Nothing was read: the file had been imported before.
    if (this.entries === 0) return [];
    const told: string[] = [];
    const members = this.members.size > MOST_MEMBERS ? `more than ${count(MOST_MEMBERS)}` : count(this.members.size);
    const money = [...this.money].map(([currency, amount]) => `${inCents(amount)} ${currency}`).join(', ');
    const days = this.earliest === null ? '' : `, ${this.earliest} to ${this.latest}`;
    told.push(`the file: ${count(this.entries)} entries of ${members} members${days}${money === '' ? '' : `, ${money}`}`);
    if (this.identicalNeighbours > 0)
      told.push(`${count(this.identicalNeighbours)} lines say the same as the line before them, line ${this.firstIdentical} first: are they there twice?`);
    if (this.withoutReference > 0)
      told.push(`${count(this.withoutReference)} entries have no reference: one that says the same as another file's counts as there before`);
    return told;
  }

  private addDay(value: unknown): void {
    const day = typeof value === 'string' ? /^\d{4}-\d\d-\d\d/.exec(value)?.[0] : undefined;
    if (day === undefined) return;
    if (this.earliest === null || day < this.earliest) this.earliest = day;
    if (this.latest === null || day > this.latest) this.latest = day;
  }

  private addMoney(currency: string, line: Readonly<Record<string, unknown>>): void {
    const amount = line.amount === undefined ? product(micros(line.quantity), micros(line.unitPrice)) : product(micros(line.amount), 1_000_000n);
    if (amount !== null) this.money.set(currency, (this.money.get(currency) ?? 0n) + amount);
  }
}

/** Millionths; null for what is no number. */
function micros(value: unknown): bigint | null {
  const match = typeof value === 'string' ? /^(-?)(\d{1,15})(?:\.(\d{1,6}))?$/.exec(value.trim()) : null;
  if (!match) return null;
  const [, sign, whole, fraction = ''] = match;
  const number = BigInt(whole + fraction.padEnd(6, '0'));
  return sign ? -number : number;
}

function product(a: bigint | null, b: bigint | null): bigint | null {
  return a === null || b === null ? null : a * b;
}

/** Of 10^-12 units, rounded to two decimals. */
function inCents(amount: bigint): string {
  const sign = amount < 0n ? '-' : '';
  const cents = ((amount < 0n ? -amount : amount) + 5_000_000_000n) / 10_000_000_000n;
  return `${sign}${(cents / 100n).toLocaleString('en')}.${String(cents % 100n).padStart(2, '0')}`;
}
