import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { mostClearable } from '../../coalition/coalition/clearable-points';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { type FoundPosting, findPostings, sameOutcome } from '../../ledger/ledger/find-posting';
import { contentHash } from '../../ledger/ledger/idempotency';
import type { AccountRef } from '../../ledger/ledger/ledger';
import type { PostingOutcome, PostingRequest } from '../../ledger/ledger/posting';
import { ALWAYS, type Day, dayOf, dayStart, monthStart } from '../../ledger/points/calendar';
import { knowPresented, presentedFor } from '../../members/identification/know-presented';
import { hashRef, memberRefContent } from '../../members/identification/member-ref';
import type { ResolvedMember } from '../../members/identification/resolve-members';
import { derivedUuid, newUuid, type Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { isRefusal } from '../../platform/refusal';
import { activity } from '../../programme/expiry/activity';
import { expiryDate, slidesUntil } from '../../programme/expiry/expiry-date';
import { orRefusal } from '../../programme/postings/posting-time';
import { beginBatch, type EntryResult, endBatch, type ImportedBatch, type OpenImport, resultOf, type SentBatch, tellingMember } from './import-batch';
import { type LineError, lineError, refusedLine, thrownForLine, unknownCurrency } from './line-error';
import { keyOfContent, keyOfNameless, numberAlike } from './lines-alike';
import { membersOfLines } from './members-of-lines';
import { claimReferences } from './once-in-file';
import { type OpeningRow, readOpeningRow } from './opening-row';
import { requireOpeningTerms } from './opening-terms';
import { planOpening } from './plan-opening';
import type { SentRow } from './row-fields';

/**
 * Imports the next lines of a file of opening balances: each line is an entry of its own, and a wrong one is reported
 * and harms no other. May be sent again after any interruption: a line is booked once, by its reference or by what it
 * says. Throws OVERLOADED, UNAVAILABLE (send it again), IMPORT_FINISHED, NotFound, InvalidInput.
 */
export async function importOpenings(app: App, principal: Principal, { importId, rows, bytesDone }: SentBatch<SentRow>): Promise<ImportedBatch> {
  const sent = rows.map((row) => ({ ...row, lastLine: row.line }));
  const { found, fresh } = await beginBatch(app, principal, 'OPENINGS', importId, sent);
  const batch = new Batch(app, principal, found);
  const read = fresh.map(readOpeningRow);
  const duplicates = await claimReferences(app, principal, found, read.filter(isRow));
  const stored = await batch.lookUp(read.filter(isRow));
  const decided = new Map<OpeningRow, EntryResult>();
  const prepared: PreparedRow[] = [];
  const earlierHere: { readonly row: OpeningRow; readonly outcome: PostingOutcome }[] = [];
  for (const row of read.filter(isRow)) {
    const earlier = stored.get(batch.idOf(row));
    const wrong = duplicates.get(row.line)?.error;
    if (wrong) decided.set(row, { is: 'rejected', error: wrong });
    else if (earlier) {
      const result = batch.resultOf(row, () => sameOutcome(earlier, batch.hashOf(row)));
      decided.set(row, result);
      if (result.is === 'imported') earlierHere.push({ row, outcome: earlier.outcome });
    } else {
      const ready = checkRow(row, found, app.clock.now());
      if ('error' in ready) decided.set(row, { is: 'rejected', error: ready.error });
      else prepared.push(ready);
    }
  }
  // A batch that was cut off once it was booked.
  await batch.know(earlierHere);
  const { members, errors, enrolled } = await membersOfLines(
    app,
    principal,
    found,
    prepared.map(({ row }) => row),
  );
  for (const { row } of prepared) {
    const error = errors.get(row.line) ?? closedWallet(row, members.get(row.line));
    if (error) decided.set(row, { is: 'rejected', error });
  }
  const open = prepared.filter(({ row }) => !decided.has(row));
  if (found.dryRun) for (const { row } of open) decided.set(row, { is: 'imported', points: row.points });
  else await batch.post(open, members, decided);
  const results = new Map(
    fresh.map((each, at) => [each, tellingMember(resultOf(itemAt(read, at), decided), found.dryRun ? undefined : members.get(each.line))]),
  );
  return endBatch(app, principal, found, { sent, results, enrolled, bytesDone });
}

function isRow(read: OpeningRow | LineError): read is OpeningRow {
  return 'points' in read;
}

function closedWallet({ line }: OpeningRow, member: ResolvedMember | undefined): LineError | null {
  return member?.closed ? lineError(line, null, 'WALLET_CLOSED', 'The wallet of this member is closed for good.') : null;
}

/** A line that the coalition's rules allow. */
interface PreparedRow {
  readonly row: OpeningRow;
  readonly currency: PointCurrency;
  readonly termsId: Uuid;
  /** When the balance came over. */
  readonly openedAt: Date;
  readonly openedOn: Day;
  readonly issueMonth: Day;
  readonly expiresOn: Day;
}

function checkRow(row: OpeningRow, { snapshot, currencyId, brandId }: OpenImport, now: Date): PreparedRow | { error: LineError } {
  const wrong = (field: string, code: string, message: string) => ({ error: lineError(row.line, field, code, message) });
  const currency = row.currency === null ? snapshot.currenciesById.get(currencyId ?? 0) : snapshot.currenciesByCode.get(row.currency);
  if (!currency) return { error: unknownCurrency(row.line) };
  const today = dayOf(now, currency.timeZone);
  const openedOn = row.openedOn ?? today;
  if (openedOn > today) return wrong('openedOn', 'BAD_VALUE', 'This day is still to come. Give the day on which the balance came over, or none.');
  const openedAt = row.openedOn === null ? now : dayStart(row.openedOn, currency.timeZone);
  const agreed = orRefusal(() => requireOpeningTerms(snapshot, brandId, currency, now, openedAt));
  if ('refused' in agreed) return { error: refusedLine(row.line, agreed.refused) };
  if (BigInt(row.points) > mostClearable(snapshot, currency)) return wrong('points', 'TOO_MANY_POINTS', 'These are more points than could ever be settled.');
  const earnedOn = row.earnedOn ?? openedOn;
  if (earnedOn > openedOn)
    return wrong(
      'earnedOn',
      'BAD_VALUE',
      'Points cannot be earned after the balance came over (openedOn, today when left out). Correct the day, or leave it out.',
    );
  const expiresOn = row.expiresOn ?? expiryDate(currency.expiry, earnedOn);
  if (expiresOn <= today)
    return row.expiresOn === null
      ? wrong('earnedOn', 'EXPIRED', "By the currency's policy these points have expired. Leave the line out, or give an expiresOn.")
      : wrong('expiresOn', 'EXPIRED', 'These points have expired: expiresOn is the first day on which they can no longer be spent. Leave the line out.');
  // Whatever else the wallet holds: two members of one file are told the same, and nobody learns from it when a member
  // was last active.
  if (slidesUntil(currency.expiry, openedOn) <= today)
    return wrong(
      'openedOn',
      'EXPIRED',
      "By the currency's policy points that came over on this day have lapsed. Give a later day, or none, or leave the line out.",
    );
  return { row, currency, termsId: agreed.is.id, openedAt, openedOn, issueMonth: monthStart(earnedOn), expiresOn };
}

/** One batch of one import, and what it needs of the ledger. */
class Batch {
  /** Postings of the lines, by what they are booked under. */
  private readonly ids = new Map<OpeningRow, Uuid>();

  constructor(
    private readonly app: App,
    private readonly principal: Principal,
    private readonly found: OpenImport,
  ) {}

  /** By the line's own reference, wherever it stands; without one by what the line says. */
  idOf(row: OpeningRow): Uuid {
    const id = this.ids.get(row);
    if (id === undefined) throw new Error(`line ${row.line} was not looked up`);
    return id;
  }

  hashOf({ member, currency, points, expiresOn, earnedOn, openedOn }: OpeningRow): Buffer {
    const refs = [member.byCustomer, member.byIdentifier].map((ref) => ref && memberRefContent(this.app.keys, this.found.brandId, ref));
    return contentHash('OPENING', { refs, currency, points, expiresOn, earnedOn, openedOn: openedOn ?? undefined });
  }

  async lookUp(rows: readonly OpeningRow[]): Promise<ReadonlyMap<Uuid, FoundPosting>> {
    const nth = await numberAlike(
      this.app,
      this.principal,
      this.found,
      rows.filter(({ reference }) => reference === null).map((row) => ({ line: row.line, content: this.contentOf(row) })),
    );
    const idsOf = (row: OpeningRow) => {
      if (row.reference !== null) return { ofLine: derivedUuid('opening', this.found.brandId, this.nameOf(row.reference)), ofContent: null };
      const ofContent = derivedUuid('opening-content', this.found.brandId, this.nameOf(keyOfContent(this.contentOf(row), nth(row.line))));
      return { ofLine: derivedUuid('opening-line', this.found.id, String(row.line)), ofContent };
    };
    const stored = await this.app.database.transaction(databasePrincipal(this.principal), ({ client }) =>
      findPostings(
        client,
        rows.flatMap((row) => Object.values(idsOf(row)).filter((id) => id !== null)),
      ),
    );
    for (const row of rows) {
      const { ofLine, ofContent } = idsOf(row);
      this.ids.set(row, ofContent === null ? ofLine : keyOfNameless({ ofLine, ofContent }, (id) => stored.get(id)));
    }
    return stored;
  }

  /** A balance comes over once: on which day it is sent is no part of it. */
  private contentOf(row: OpeningRow): string {
    return `${this.hashOf(row).toString('hex')}${row.currency === null ? ` ${this.found.currencyId}` : ''}`;
  }

  /** What a stored or new outcome means for the line. */
  resultOf(row: OpeningRow, outcome: () => PostingOutcome): EntryResult {
    try {
      const { answer, refusal } = outcome();
      if (refusal) return { is: 'rejected', error: refusedLine(row.line, refusal) };
      // Sent again after an interruption, this import's own lines are found booked.
      return answer?.importId === this.found.id ? { is: 'imported', points: row.points } : { is: 'repeated' };
    } catch (error) {
      if (isRefusal(error, 'IDEMPOTENCY_CONFLICT'))
        return {
          is: 'rejected',
          error: lineError(
            row.line,
            'reference',
            'IDEMPOTENCY_CONFLICT',
            'This reference was imported before with other content. Give a new balance a new reference.',
          ),
        };
      return { is: 'rejected', error: thrownForLine(row.line, error) };
    }
  }

  async post(rows: readonly PreparedRow[], members: ReadonlyMap<number, ResolvedMember>, decided: Map<OpeningRow, EntryResult>): Promise<void> {
    const walletOf = ({ row, currency }: PreparedRow): AccountRef => {
      const member = members.get(row.line);
      if (!member) throw new Error(`nobody was found or enrolled for line ${row.line}`);
      return { kind: 'WALLET', owner: member.walletId, currencyId: currency.id };
    };
    const accounts = await this.app.ledger.openAccounts(
      rows.flatMap((each): AccountRef[] => [walletOf(each), { kind: 'OPENING', owner: this.found.brandId, currencyId: each.currency.id }]),
    );
    const requests = await Promise.all(rows.map((each, at) => this.request(each, itemAt(accounts, 2 * at), itemAt(accounts, 2 * at + 1))));
    const outcomes = await Promise.allSettled(requests.map((request) => this.app.ledger.post(request)));
    // All have an outcome before the batch is given up for one of them: what is booked is found again when it is sent
    // again.
    const imported = rows.flatMap(({ row }, at) => {
      const outcome = itemAt(outcomes, at);
      const result = this.resultOf(row, () => {
        if (outcome.status === 'rejected') throw outcome.reason;
        return outcome.value;
      });
      decided.set(row, result);
      return outcome.status === 'fulfilled' && result.is === 'imported' ? { row, outcome: outcome.value } : [];
    });
    await this.know(imported);
  }

  /** Whose identifiers stood in lines that are booked. */
  async know(booked: readonly { readonly row: OpeningRow; readonly outcome: PostingOutcome }[]): Promise<void> {
    const presented = booked.flatMap(({ row: { member }, outcome }) =>
      member.byIdentifier ? presentedFor(outcome, hashRef(this.app.keys, this.found.brandId, member.byIdentifier)) : [],
    );
    await knowPresented(this.app, this.found.brandId, presented);
  }

  private async request(
    { row, currency, termsId, openedAt, openedOn, issueMonth, expiresOn }: PreparedRow,
    wallet: number,
    opening: number,
  ): Promise<PostingRequest> {
    const now = this.app.clock.now().getTime();
    const occurredAt = row.openedOn === null ? now : openedAt.getTime();
    const issuerCode = this.found.snapshot.brandsById.get(this.found.brandId)?.code ?? '';
    const originId = await this.app.ledger.lotOrigin({ issuer: this.found.brandId, issuerCode, currencyId: currency.id, issueMonth, termsId, offerId: null });
    return {
      id: this.idOf(row),
      party: this.found.brandId,
      kind: 'IMPORT_OPENING',
      contentHash: this.hashOf(row),
      occurredAt,
      day: openedOn,
      recordedAt: now,
      loads: { wallets: [wallet] },
      plan: planOpening({
        transferId: newUuid(),
        importId: this.found.id,
        line: row.line,
        opening,
        wallet,
        points: row.points,
        lot: { originId, expiresOn, availableOn: ALWAYS },
        termsId,
        activity: activity(currency.expiry, wallet, openedOn),
      }),
    };
  }

  private nameOf(reference: string): string {
    return this.app.keys.identifierHash(`opening/${this.found.brandId}`, reference).toString('hex');
  }
}
