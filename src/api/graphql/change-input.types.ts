import { InputType } from 'type-graphql';
import { Text } from './fields';

/** Base of the inputs of changes to configuration. */
@InputType()
export abstract class ChangeInput {
  @Text.orNull('Why; kept with the change. No personal data. At most 500 characters.') reason?: string | null;
}

/** Base of the inputs that create something. */
@InputType()
export abstract class CreationInput extends ChangeInput {
  @Text('A key of your own for this request, at most 255 characters: sent again, it creates nothing new.') idempotencyKey!: string;
}
