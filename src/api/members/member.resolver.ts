import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { addIdentifier } from '../../members/identifiers/add-identifier';
import { removeIdentifier } from '../../members/identifiers/remove-identifier';
import { linkMember, linkMemberSchema } from '../../members/links/link-member';
import { unlinkMember, unlinkMemberSchema } from '../../members/links/unlink-member';
import { type EnrolledMember, enrolMember, enrolMembers } from '../../members/members/enrol-members';
import { enrolMemberSchema, identifierSchema } from '../../members/members/enrolment';
import { findMember, type MemberProfile, readProfiles, readWalletBalances } from '../../members/members/find-member';
import { lockWallet, lockWalletSchema, unlockWallet } from '../../members/members/lock-wallet';
import { readHolds } from '../../members/members/read-holds';
import { readMovements } from '../../members/members/read-movements';
import { readPersonalData } from '../../members/members/read-personal-data';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { answerBulk } from '../graphql/bulk-answers';
import { readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { defineLoader } from '../graphql/loader';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import {
  AddIdentifierResult,
  type CurrencyBalanceType,
  EnrolMemberInput,
  EnrolMemberResult,
  EnrolMembersResult,
  IdentifierChangeInput,
  LinkMemberInput,
  LinkMemberResult,
  MemberType,
  MovementConnection,
  MovementsArgs,
  type MovementType,
  type OfMember,
  type OpenHoldType,
  type PersonalDataType,
  UnlinkedMemberType,
  UnlinkMemberInput,
  WalletLockInput,
  WalletType,
} from './member.types';
import { MemberRefInput, readKnownMember, readMemberRef } from './member-ref.types';
import { showMember } from './show-member';

const MAX_ENROLMENTS = 100;
const tokenSchema = z.string().min(1).max(8_192).nullish();
const bulkOfMembers = z.array(z.unknown()).min(1, 'A bulk has at least one member.').max(MAX_ENROLMENTS, `A bulk has at most ${MAX_ENROLMENTS} members.`);

const profileOf = defineLoader(
  (ctx, memberIds: readonly string[]) => readProfiles(ctx.app, requirePrincipal(ctx), memberIds),
  (profile) => profile.memberId,
);

/** null: it is not told. */
async function profileTold(ctx: Context, { memberId, byNumber }: OfMember): Promise<MemberProfile | null> {
  if (byNumber) return null;
  const profile = await profileOf(ctx).load(memberId);
  if (!profile) throw new NotFound('Member');
  return profile;
}

/** Who was enrolled is the enrolling brand's. */
function showEnrolled(ctx: Context, enrolled: EnrolledMember): MemberType {
  return showMember(ctx, { ...enrolled, proof: 'MEMBER' });
}

function readRef(ctx: Context, input: MemberRefInput | null | undefined) {
  return input ? readMemberRef(ctx, input, 'input.member') : null;
}

@Resolver(() => MemberType)
export class MemberResolver {
  @Query(() => MemberType, {
    description:
      'A member that you know. Asks for the scope members; staff of the operator may ask by id or identifier, of which the latter is logged and shown to the member.',
  })
  async member(@Ctx() ctx: Context, @Arg('ref', () => MemberRefInput, { description: 'Which member.' }) ref: MemberRefInput) {
    return showMember(ctx, await findMember(ctx.app, requirePrincipal(ctx), readKnownMember(ctx, ref, 'ref')));
  }

  @Query(() => MemberType, { description: 'The member who asks.' })
  async me(@Ctx() ctx: Context) {
    return showMember(ctx, await findMember(ctx.app, requirePrincipal(ctx), null));
  }

  @FieldResolver()
  async enrolledAt(@Ctx() ctx: Context, @Root() member: MemberType): Promise<Date | null> {
    return (await profileTold(ctx, member.of))?.enrolledAt ?? null;
  }

  @FieldResolver()
  async jurisdiction(@Ctx() ctx: Context, @Root() member: MemberType): Promise<string | null> {
    return (await profileTold(ctx, member.of))?.jurisdiction ?? null;
  }

  @FieldResolver()
  personalData(@Ctx() ctx: Context, @Root() member: MemberType): Promise<PersonalDataType | null> {
    return readPersonalData(ctx.app, requirePrincipal(ctx), member.of.memberId);
  }

  @Mutation(() => EnrolMemberResult, { description: 'Enrols a member: wallet, link to the brand, identifiers. Asks for the scope members.' })
  enrolMember(@Ctx() ctx: Context, @Input(() => EnrolMemberInput, 'The member.') input: EnrolMemberInput) {
    const command = parseInput(enrolMemberSchema, input);
    return answerOrRefusal(ctx, async (app, principal) => showEnrolled(ctx, await enrolMember(app, principal, command)));
  }

  @Mutation(() => [EnrolMembersResult], {
    description: `As enrolMember, for 1 to ${MAX_ENROLMENTS} members at once: an outcome for each, in order. One with a wrong field is BAD_INPUT, and harms no other.`,
  })
  async enrolMembers(@Ctx() ctx: Context, @Input(() => [EnrolMemberInput], 'The members.') input: EnrolMemberInput[]) {
    const principal = requirePrincipal(ctx);
    parseInput(bulkOfMembers, input);
    return answerBulk(ctx, input, {
      read: (each, field) => parseInput(enrolMemberSchema, each, field),
      work: (commands, fieldOf) => enrolMembers(ctx.app, principal, commands, fieldOf),
      show: (enrolled) => showEnrolled(ctx, enrolled),
    });
  }

  @Mutation(() => AddIdentifierResult, {
    description:
      "Gives a member one more identifier. Repeating it changes nothing. Asks for the scope members and a confirmed link; the member's login adds a PHONE or EMAIL.",
  })
  addIdentifier(@Ctx() ctx: Context, @Input(() => IdentifierChangeInput, 'The member and the identifier.') input: IdentifierChangeInput) {
    const command = {
      member: readRef(ctx, input.member),
      identifier: parseInput(identifierSchema, input.identifier, 'input.identifier'),
      token: parseInput(tokenSchema, input.token, 'input.token'),
    };
    return answerOrRefusal(ctx, async (app, principal) => showMember(ctx, await addIdentifier(app, principal, command)));
  }

  @Mutation(() => MemberType, {
    description:
      "Takes an identifier from a member; a brand may take those that it added. From then on it finds nobody. Asks for the scope members, a login of the member, or the operator's support.",
  })
  async removeIdentifier(@Ctx() ctx: Context, @Input(() => IdentifierChangeInput, 'The member and the identifier.') input: IdentifierChangeInput) {
    if (input.token != null) throw new InvalidInput('input.token', 'Nothing has to be proved to take an identifier away: leave it out.');
    const command = { member: readRef(ctx, input.member), identifier: parseInput(identifierSchema, input.identifier, 'input.identifier') };
    return showMember(ctx, await removeIdentifier(ctx.app, requirePrincipal(ctx), command));
  }

  @Mutation(() => LinkMemberResult, {
    description: "Lets the brand's customer id find a member from now on. Repeating it changes nothing. Asks for the scope members.",
  })
  linkMember(@Ctx() ctx: Context, @Input(() => LinkMemberInput, 'The member and the customer.') input: LinkMemberInput) {
    const command = parseInput(linkMemberSchema, { ...input, member: readMemberRef(ctx, input.member, 'input.member') });
    return answerOrRefusal(ctx, async (app, principal) => showMember(ctx, await linkMember(app, principal, command)));
  }

  @Mutation(() => UnlinkedMemberType, {
    description:
      "The brand knows the member no longer, until an identifier is presented again; what confirmed the link is good no more. Earlier purchases can still be returned. Asks for the scope members, a login of the member, or the operator's support.",
  })
  async unlinkMember(@Ctx() ctx: Context, @Input(() => UnlinkMemberInput, 'The member.') input: UnlinkMemberInput): Promise<UnlinkedMemberType> {
    const brandId = input.brandId == null ? null : readId(ctx, 'brand', input.brandId, 'input.brandId');
    const command = parseInput(unlinkMemberSchema, { ...input, member: readRef(ctx, input.member), brandId });
    const { memberId } = await unlinkMember(ctx.app, requirePrincipal(ctx), command);
    return { memberId: showId(ctx, 'member', memberId) };
  }

  @Mutation(() => WalletType, { description: 'Locks a wallet against spending; earning goes on. Asks for the scope members, or the member asks.' })
  async lockWallet(@Ctx() ctx: Context, @Input(() => WalletLockInput, 'Whose wallet.') input: WalletLockInput): Promise<WalletType> {
    const command = parseInput(lockWalletSchema, { ...input, member: readRef(ctx, input.member) });
    return showMember(ctx, await lockWallet(ctx.app, requirePrincipal(ctx), command)).wallet;
  }

  @Mutation(() => WalletType, { description: "Lifts a wallet's lock: the member asks, or the operator's support." })
  async unlockWallet(@Ctx() ctx: Context, @Input(() => WalletLockInput, 'Whose wallet.') input: WalletLockInput): Promise<WalletType> {
    const command = parseInput(lockWalletSchema, { ...input, member: readRef(ctx, input.member) });
    return showMember(ctx, await unlockWallet(ctx.app, requirePrincipal(ctx), command)).wallet;
  }
}

/** A place among the wallet's own movements, or on the account of one that was merged into it. */
const afterMovement = z.union([z.tuple([z.int().min(1)]), z.tuple([z.int().min(1), z.int().min(1)])]);

@Resolver(() => WalletType)
export class WalletResolver {
  @FieldResolver()
  async lockedAt(@Ctx() ctx: Context, @Root() wallet: WalletType): Promise<Date | null> {
    return (await profileTold(ctx, wallet.of))?.lockedAt ?? null;
  }

  @FieldResolver()
  async lockReason(@Ctx() ctx: Context, @Root() wallet: WalletType): Promise<string | null> {
    return (await profileTold(ctx, wallet.of))?.lockReason ?? null;
  }

  @FieldResolver()
  async balances(@Ctx() ctx: Context, @Root() wallet: WalletType): Promise<CurrencyBalanceType[] | null> {
    if (wallet.of.byNumber) return null;
    return readWalletBalances(ctx.app, requirePrincipal(ctx), wallet.of.memberId);
  }

  @FieldResolver()
  async holds(@Ctx() ctx: Context, @Root() wallet: WalletType): Promise<OpenHoldType[]> {
    const holds = await readHolds(ctx.app, requirePrincipal(ctx), wallet.of.memberId);
    return holds.map(({ holdId, brandId, ...hold }) => ({ ...hold, redemptionId: showId(ctx, 'redemption', holdId), brandId: showId(ctx, 'brand', brandId) }));
  }

  @FieldResolver(() => MovementConnection, {
    description:
      'Statement: movements in a currency, newest first; after them those of each wallet that was merged into it, with its own balances. A brand sees those that it asked for itself.',
  })
  async movements(@Ctx() ctx: Context, @Root() wallet: WalletType, @Args(() => MovementsArgs) args: MovementsArgs) {
    const page = readPage(ctx, args, 'movements', wallet.id, afterMovement);
    const rows = await readMovements(ctx.app, requirePrincipal(ctx), wallet.of.memberId, {
      currency: args.currency,
      limit: page.limit,
      before: page.after?.[0] ?? null,
      merged: page.after?.[1],
    });
    return toConnection(ctx, page, rows, {
      key: ({ seq, merged }) => (merged === null ? [seq] : [seq, merged]),
      node: ({ code, points, brandId, balanceAfter, occurredAt, recordedAt }): MovementType => ({
        kind: code,
        points,
        brandId: brandId && showId(ctx, 'brand', brandId),
        balanceAfter,
        occurredAt,
        recordedAt,
      }),
    });
  }
}
