import { InputType, ObjectType } from 'type-graphql';
import { cancelReturnRefusals } from '../../programme/returns/cancel-return';
import { KEEPING_REASONS } from '../../programme/returns/plan-return-cancellation';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Flag, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';
import { BalanceType } from '../members/balance.types';

@InputType('CancelReturnInput', { description: 'A return that was recorded by mistake.' })
export class CancelReturnInput {
  @Text('Names this request for ever, within the brand: at most 255 characters. Send it again and get the first answer.') idempotencyKey!: string;

  @Id('The return. Of a purchase with several, the latest that counts.') returnId!: string;

  @Instant.orNull('When it was cancelled; now by default. Not before the return.') occurredAt?: Date | null;

  @Flag.orNull('Says what it would come to as a new request, and writes nothing: whether the idempotency key was used before is not asked.')
  dryRun?: boolean | null;
}

@ObjectType('CancelledReturn', {
  simpleResolvers: true,
  description: 'A return that counts no longer: its goods can be returned again, and its reference is free.',
})
@Discloses<CancelledReturnType>({
  returnId: 'OWN',
  purchaseId: 'OWN',
  pointsGivenBack: 'OWN',
  arrearsFilled: 'PROGRAMME',
  pointsTakenBack: 'OWN',
  occurredAt: 'OWN',
  balance: 'PROGRAMME',
  dryRun: 'NOBODY',
  duplicate: 'NOBODY',
})
export class CancelledReturnType {
  @Id('The return.') returnId!: string;

  @Id('The purchase that it was of.') purchaseId!: string;

  @Points('Points that the return took back, given to the member again.') pointsGivenBack!: number;

  @Points("Points of pointsGivenBack that paid what the member owed, and so cannot be spent: what was left of the return's own arrears first.")
  arrearsFilled!: number;

  @Points('Points that the return gave back, taken again: those that came back, then any others.') pointsTakenBack!: number;

  @Instant('When it was cancelled.') occurredAt!: string;

  @Of.orNull(
    () => BalanceType,
    "The member's balance after it; null for a brand whose link with the member is not confirmed now, or that has no terms for the currency.",
  )
  balance!: BalanceType | null;

  @Flag('Nothing was written: this is what would happen.') dryRun!: boolean;

  @Flag('The request was made before, and this is its first answer.') duplicate!: boolean;
}

enumOf('ReturnKeptReason', 'Why a return cannot be cancelled.', KEEPING_REASONS);

export const CancelReturnResult = answerUnion(
  'CancelReturnResult',
  'A return as cancelled, or why it was not.',
  () => CancelledReturnType,
  cancelReturnRefusals,
);
