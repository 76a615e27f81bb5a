import { ObjectType } from 'type-graphql';
import { connectionOf } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Flag, Id, Instant, Of, Text } from '../graphql/fields';
import { IdentifierKindEnum } from './member-ref.types';

const DoneByEnum = enumOf('DoneBy', 'Who did something about a member.', {
  MEMBER: 'The member.',
  OTHER_MEMBER: 'Another member, whose login proved that a number or address is theirs.',
  BRAND: 'A brand: its client, its staff, or a session that it minted.',
  OPERATOR: "The operator's staff.",
});

@ObjectType('MemberIdentifier', { description: 'Something that a member is found by. Its content is kept as a keyed hash only, and never given out.' })
@Discloses<MemberIdentifierType>({ kind: 'OWN', brandId: 'OWN', addedAt: 'OWN', active: 'OWN', verifiedAt: 'MEMBER' })
export class MemberIdentifierType {
  @Of(() => IdentifierKindEnum, 'What kind it is.') kind!: string;

  @Id.orNull('The brand that added it; null: the member.') brandId!: string | null;

  @Instant('When it was added.') addedAt!: Date;

  @Flag('It finds the member: it is no claim that nobody has confirmed.') active!: boolean;

  @Instant.orNull("When the member's login proved it; null: it did not, or you are a brand.") verifiedAt!: Date | null;
}

@ObjectType('MemberChange', { description: 'Something that was done about a member, or a look at the member by the operator.' })
@Discloses<MemberChangeType>({ at: 'MEMBER', operation: 'MEMBER', by: 'MEMBER', brandId: 'MEMBER' })
export class MemberChangeType {
  @Instant('When.') at!: Date;

  @Text('The operation, e.g. "addIdentifier".') operation!: string;

  @Of(() => DoneByEnum, 'Who did it.') by!: string;

  @Id.orNull('The brand that did it; null: a member.') brandId!: string | null;
}
export const MemberChangeConnection = connectionOf('MemberChange', () => MemberChangeType);
