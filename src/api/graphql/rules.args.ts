import { ArgsType } from 'type-graphql';
import { z } from 'zod';
import { PageArgs } from './connection';
import { Text } from './fields';

/** Arguments of the lists of rules. */
@ArgsType()
export class RulesArgs extends PageArgs {
  @Text('Code of the points currency.') currency!: string;
}

/** Versions are listed newest first; a page starts below a version. */
export const byVersion = z.tuple([z.int().min(1)]);
