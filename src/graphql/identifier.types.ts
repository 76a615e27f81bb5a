import { Field, ID, ObjectType } from 'type-graphql';
import { connectionOf } from './connection';
import { enumOf } from './enum-of';
import { DateTimeScalar } from './scalars';

const DoneByEnum = enumOf('DoneBy', 'Who did something about a member.', {
  MEMBER: 'The member.',
  BRAND: 'A brand: its client, its staff, or a session that it minted.',
  OPERATOR: "The operator's staff.",
});

@ObjectType('MemberChange', { description: 'Something that was done about a member, or a look at the member by the operator.' })
export class MemberChangeType {
  @Field(() => DateTimeScalar, { description: 'When.' })
  at!: Date;

  @Field(() => String, { description: 'The operation, e.g. "addIdentifier".' })
  operation!: string;

  @Field(() => DoneByEnum, { description: 'Who did it.' })
  by!: string;

  @Field(() => ID, { nullable: true, description: 'The brand that did it; null: the member.' })
  brandId!: string | null;
}
export const MemberChangeConnection = connectionOf('MemberChange', () => MemberChangeType);
