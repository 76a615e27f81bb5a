import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { countFailedLookUps } from '../../members/identification/failed-look-ups';
import { customerHashes, identifierHashes, type MemberRef } from '../../members/identification/member-ref';
import { type FoundOrNot, isFound, lookAtMembers, type ResolvedMember } from '../../members/identification/resolve-members';
import { addIdentifier } from '../../members/identifiers/add-identifier';
import { linkMember } from '../../members/links/link-member';
import { enrolMembers } from '../../members/members/enrol-members';
import { enrolMemberSchema } from '../../members/members/enrolment';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { isRefusal, type Refusal } from '../../platform/refusal';
import type { FileImport } from './file-import';
import { type LineError, lineError, refusedLine, thrownForLine } from './line-error';
import type { NamedMember } from './row-fields';

/** A line that names a member. */
export interface NamingLine {
  readonly line: number;
  readonly member: NamedMember;
  /** Of a member who is enrolled: whose law protects the data, ISO 3166-1 or 3166-2. */
  readonly jurisdiction?: string | null;
}

/** Whom the lines of a batch name. */
export interface MembersOfLines {
  /** By line; a dry run leaves out members who would be enrolled. */
  readonly members: ReadonlyMap<number, ResolvedMember>;
  readonly errors: ReadonlyMap<number, LineError>;
  /** Members enrolled, or who would be. */
  readonly enrolled: number;
  /** Lines all of whose names led to the member already. */
  readonly known: ReadonlySet<number>;
}

/**
 * Finds the members of a batch's lines, and enrols who is unknown. From now on the brand's customer id and the
 * identifier of a line find the same member. A dry run writes nothing.
 */
export async function membersOfLines(
  app: App,
  principal: Principal,
  { id: importId, brandId, dryRun }: FileImport,
  rows: readonly NamingLine[],
): Promise<MembersOfLines> {
  const members = new Map<number, ResolvedMember>();
  const errors = new Map<number, LineError>();
  const known = new Set<number>();
  const again = new Set<number>();
  let enrolled = 0;
  let left = rows;
  // A look, then what becomes known by it, then a look again: two lines may name one person in two ways. Each look
  // settles its first line at least, and all lines that say something new of members who are known by then. So the
  // looks are few, however many lines name one member.
  for (let look = 0; left.length > 0; look++) {
    if (look > rows.length + again.size) {
      for (const { line } of left)
        errors.set(line, lineError(line, null, 'UNKNOWN_MEMBER', 'This member was unlinked during the import. Import the line again.', true));
      break;
    }
    const found = await lookUp(app, principal, brandId, left, dryRun);
    const enrolling = new Map<string, NamingLine>();
    const completing: NamingLine[] = [];
    const named = new Set<string>();
    for (const row of left) {
      const { customer, identified, refusal, names, fresh } = found.get(row) as LineNames;
      if (refusal) errors.set(row.line, refusedLine(row.line, refusal));
      else if (customer && identified && customer.memberId !== identified.memberId)
        errors.set(
          row.line,
          lineError(row.line, 'identifier', 'MEMBER_MISMATCH', 'The customerId and the identifier are of two members. Correct one, or leave it out.'),
        );
      else if ((customer || identified) && (dryRun || isWhole(row.member, customer, identified))) {
        members.set(row.line, (customer ?? identified) as ResolvedMember);
        if (look === 0 && isWhole(row.member, customer, identified)) known.add(row.line);
      } else {
        // What an earlier line is about to make known is looked at again afterwards.
        if (!fresh.some((name) => named.has(name))) {
          if (customer || identified) completing.push(row);
          else enrolling.set(names.join(' '), row);
        }
        for (const name of fresh) named.add(name);
      }
    }
    enrolled += enrolling.size;
    if (dryRun) break;
    const failed = await enrol(app, principal, importId, enrolling);
    enrolled -= failed.size;
    for (const [line, reason] of failed) {
      // Somebody was quicker, another file perhaps: whose the names are is looked at once more.
      if (isTaken(reason) && !again.has(line)) again.add(line);
      else errors.set(line, thrownForLine(line, reason));
    }
    // Whoever tries what is nobody's is counted, unless it becomes somebody's.
    countFailedLookUps(app, { as: 'file', id: brandId }, failed.size);
    for (const row of completing) await complete(app, principal, row, found.get(row) as LineNames, errors);
    left = left.filter(({ line }) => !members.has(line) && !errors.has(line));
  }
  return { members, errors, enrolled, known };
}

interface LineNames {
  readonly customer: ResolvedMember | null;
  readonly identified: ResolvedMember | null;
  /** Why nobody may be told who it is, or whether it is anybody. */
  readonly refusal: Refusal | null;
  /**
   * Keyed hashes of what the line names its member by: what is derived from them tells nobody a customer id or a card.
   */
  readonly names: readonly string[];
  /** Those that lead to nobody yet. */
  readonly fresh: readonly string[];
}

/** Both names of the line lead to the member already. */
function isWhole({ byCustomer, byIdentifier }: NamedMember, customer: ResolvedMember | null, identified: ResolvedMember | null): boolean {
  return (byCustomer === null || customer !== null) && (byIdentifier === null || identified !== null);
}

async function lookUp(app: App, principal: Principal, brandId: Uuid, rows: readonly NamingLine[], dryRun: boolean): Promise<Map<NamingLine, LineNames>> {
  const refs: MemberRef[] = rows.flatMap(({ member: { byCustomer, byIdentifier } }) => [byCustomer, byIdentifier].filter((ref) => ref !== null));
  const { found, country } = await app.database.transaction(databasePrincipal(principal), async (tx) => ({
    found: await lookAtMembers(app, tx, brandId, refs, { as: dryRun ? 'trial' : 'file', id: brandId }),
    country: (await app.coalition.snapshot(tx.client)).brandsById.get(brandId)?.country ?? null,
  }));
  const byRef = new Map(refs.map((ref, at) => [ref, found[at]]));
  return new Map(
    rows.map((row): [NamingLine, LineNames] => {
      const { byCustomer, byIdentifier } = row.member;
      const [byId, byName] = [byCustomer, byIdentifier].map((ref) => (ref === null ? undefined : byRef.get(ref)));
      const [customer, identified] = [memberOf(byId), memberOf(byName)];
      const names = namesOf(app, brandId, country, row.member);
      const fresh = namesOf(app, brandId, country, { byCustomer: customer ? null : byCustomer, byIdentifier: identified ? null : byIdentifier });
      return [row, { customer, identified, refusal: refusalOf(byName) ?? refusalOf(byId), names, fresh }];
    }),
  );
}

function memberOf(found: FoundOrNot | undefined): ResolvedMember | null {
  return found && isFound(found) ? found : null;
}

/** Nobody has it is the one answer on which somebody is enrolled. */
function refusalOf(found: FoundOrNot | undefined): Refusal | null {
  return !found || isFound(found) || isRefusal(found, 'MEMBER_UNKNOWN') ? null : found;
}

function namesOf(app: App, brandId: Uuid, country: string | null, { byCustomer, byIdentifier }: NamedMember): string[] {
  return [
    byCustomer && `customer ${customerHashes(app.keys, brandId, byCustomer.customerId).hash.toString('hex')}`,
    byIdentifier && `${byIdentifier.identifier.kind} ${identifierHashes(app.keys, byIdentifier.identifier, country).hash.toString('hex')}`,
  ].filter((name) => name !== null);
}

/** Whom it could not enrol, by line, and why. */
async function enrol(app: App, principal: Principal, importId: Uuid, enrolling: ReadonlyMap<string, NamingLine>): Promise<Map<number, unknown>> {
  if (enrolling.size === 0) return new Map();
  const asked = [...enrolling];
  const commands = asked.map(([names, { member, jurisdiction }]) =>
    enrolMemberSchema.parse({
      idempotencyKey: `import ${importId} ${names.slice(0, 200)}`,
      customerId: member.byCustomer?.customerId,
      identifiers: member.byIdentifier ? [member.byIdentifier.identifier] : [],
      jurisdiction,
    }),
  );
  const results = await enrolMembers(app, principal, commands);
  return new Map(results.flatMap((result, at) => (result.status === 'rejected' ? [[itemAt(asked, at)[1].line, result.reason]] : [])));
}

function isTaken(reason: unknown): boolean {
  return isRefusal(reason, 'CUSTOMER_ID_TAKEN') || isRefusal(reason, 'IDENTIFIER_TAKEN');
}

/** Adds the name that does not lead to the line's member yet. */
async function complete(
  app: App,
  principal: Principal,
  { line, member }: NamingLine,
  { customer, identified }: LineNames,
  errors: Map<number, LineError>,
): Promise<void> {
  const { byCustomer, byIdentifier } = member;
  try {
    if (customer && !identified && byIdentifier)
      await addIdentifier(app, principal, { member: { by: 'id', memberId: customer.memberId }, identifier: byIdentifier.identifier });
    else if (identified && !customer && byCustomer && byIdentifier)
      await linkMember(app, principal, { member: byIdentifier, customerId: byCustomer.customerId });
  } catch (error) {
    errors.set(line, thrownForLine(line, error));
  }
}
