import { Args, ArgsType, Ctx, InputType, Mutation, Query, Resolver } from 'type-graphql';
import { z } from 'zod';
import type { RuleKind } from '../../coalition/rules/define-rule';
import { listRules } from '../../coalition/rules/list-rules';
import { setRuleRefusals, sideBySideRefusals, withdrawRuleRefusals } from '../../coalition/rules/rule-refusals';
import type { RuleVersion } from '../../coalition/rules/rule-version';
import { setRule } from '../../coalition/rules/set-rule';
import { NOTICE_MS, withdrawRule, withdrawRuleSchema } from '../../coalition/rules/withdraw-rule';
import { currencyCode } from '../../ledger/ledger/request-fields';
import { ChangeInput } from '../graphql/change-input.types';
import { connectionOf, PageArgs, readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Id, Input, Text } from '../graphql/fields';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal, answerUnion } from '../graphql/refusal.types';
import { readIds, setterInput, showIds, shownType } from './rule.types';

const ASKS = {
  BRAND: { list: 'Asks for the scope catalogue, or staff of the brand.', set: 'Asks for the scope catalogue or the role PROGRAMME_MANAGER.' },
  COALITION: { list: 'Published, as rates are.', set: 'Asks for the operator, or its PROGRAMME_MANAGER.' },
  EITHER: {
    list: "A brand's own and those that the coalition holds it to; the operator's staff see all. Asks for the scope catalogue, or staff.",
    set: 'A brand for itself (scope catalogue or role PROGRAMME_MANAGER), the operator for the coalition.',
  },
} as const;

@ArgsType()
class RulesArgs extends PageArgs {
  @Text('Code of the points currency.') currency!: string;
}

/** By what a list is continued. */
const LISTED_BY = { version: z.tuple([z.int().min(1)]), id: z.tuple([z.uuid()]) } as const;

/** What the API has of a kind of rule: giftRules and setGiftRule of GiftRule. `prefix`: what its ids are called by. */
export function ruleApi<Rule extends RuleVersion>(kind: RuleKind<Rule>, prefix: 'rule' | 'limit' = 'rule') {
  const { name, called, without, sideBySide, listedBy } = kind;
  const list = `${name.charAt(0).toLowerCase()}${name.slice(1)}s`;
  const asks = ASKS[kind.owner];
  const Shown = shownType(kind);
  const SetInput = setterInput(kind);
  const RuleConnection = connectionOf(name, () => Shown);
  const SetResult = answerUnion(`Set${name}Result`, 'The version, or why it was not added.', () => Shown, sideBySide ? sideBySideRefusals : setRuleRefusals);
  const show = (ctx: Context, rule: Rule) => ({ ...rule, ...showIds(ctx, kind, kind.show(rule)), id: showId(ctx, prefix, rule.id) });

  @Resolver()
  class RulesResolver {
    @Query(() => RuleConnection, {
      name: list,
      description: `${sideBySide ? 'Each' : 'Versions'} of ${called}, newest first${sideBySide ? ', ended ones too' : ''}. ${asks.list}`,
    })
    async list(@Ctx() ctx: Context, @Args(() => RulesArgs) args: RulesArgs) {
      const page = readPage(ctx, args, list, null, LISTED_BY[listedBy]);
      const currency = parseInput(currencyCode, args.currency, 'currency');
      const rules = await listRules(ctx.app, requirePrincipal(ctx), kind, { currency, limit: page.limit, below: page.after?.[0] ?? null });
      return toConnection(ctx, page, rules, { key: (rule) => [rule[listedBy]], node: (rule) => show(ctx, rule) });
    }

    @Mutation(() => SetResult, {
      name: `set${name}`,
      description: `Adds ${sideBySide ? 'one' : 'a version'} of ${called}; without one, ${without}. ${asks.set}`,
    })
    set(@Ctx() ctx: Context, @Input(() => SetInput, 'The version.') input: object) {
      const command = parseInput(kind.schema, readIds(ctx, kind, input));
      return answerOrRefusal(ctx, async (app, principal) => show(ctx, await setRule(app, principal, kind, command)));
    }
  }
  const resolvers: (new () => object)[] = [RulesResolver];
  if (!sideBySide) resolvers.push(withdrawResolver(kind, Shown, show));
  return { resolvers, Shown, show };
}

@InputType('WithdrawRuleInput', { description: 'Which version is to be withdrawn.' })
class WithdrawRuleInput extends ChangeInput {
  @Id('The version.') ruleId!: string;
}

/** The mutation that withdraws a version before it begins: withdrawGiftRule of GiftRule. */
function withdrawResolver<Rule extends RuleVersion>(
  kind: RuleKind<Rule>,
  Shown: ReturnType<typeof shownType>,
  show: (ctx: Context, rule: Rule) => InstanceType<typeof Shown>,
) {
  const { name, called, owner } = kind;
  const Result = answerUnion(`Withdraw${name}Result`, 'The version, or why it stays.', () => Shown, withdrawRuleRefusals);

  @Resolver()
  class WithdrawResolver {
    @Mutation(() => Result, {
      name: `withdraw${name}`,
      description: `Withdraws a version of ${called} that has not begun: it never was in force, and stays listed. Until ${NOTICE_MS / 60_000} minutes before it begins; withdrawn already, nothing changes. ${ASKS[owner].set}`,
    })
    withdraw(@Ctx() ctx: Context, @Input(() => WithdrawRuleInput, 'Which one, and why.') input: WithdrawRuleInput) {
      const command = parseInput(withdrawRuleSchema, { ...input, ruleId: readId(ctx, 'rule', input.ruleId, 'input.ruleId') });
      return answerOrRefusal(ctx, async (app, principal) => show(ctx, await withdrawRule(app, principal, kind, command)));
    }
  }
  return WithdrawResolver;
}
