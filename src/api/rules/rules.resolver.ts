import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { RuleKind } from '../../coalition/rules/define-rule';
import { listRules } from '../../coalition/rules/list-rules';
import { ruleRefusals } from '../../coalition/rules/rule-start-taken';
import type { RuleVersion } from '../../coalition/rules/rule-version';
import { setRule } from '../../coalition/rules/set-rule';
import { currencyCode } from '../../ledger/ledger/request-fields';
import { connectionOf, readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal, answerUnion } from '../graphql/refusal.types';
import { byVersion, RulesArgs } from '../graphql/rules.args';
import { setterInput, shownType } from './rule.types';

const ASKS = {
  BRAND: { list: 'Asks for the scope catalogue, or staff of the brand.', set: 'Asks for the scope catalogue or the role PROGRAMME_MANAGER.' },
  COALITION: { list: 'Published, as rates are.', set: 'Asks for the operator, or its PROGRAMME_MANAGER.' },
} as const;

/** The query and the mutations of a kind of rule: giftRules and setGiftRule of GiftRule. */
export function rulesResolver<Rule extends RuleVersion>(kind: RuleKind<Rule>) {
  const { name, called, without } = kind;
  const list = `${name.charAt(0).toLowerCase()}${name.slice(1)}s`;
  const asks = ASKS[kind.owner];
  const Shown = shownType(kind);
  const SetInput = setterInput(kind);
  const RuleConnection = connectionOf(name, () => Shown);
  const SetResult = answerUnion(`Set${name}Result`, 'The version, or why it was not added.', () => Shown, ruleRefusals);
  const show = (ctx: Context, rule: Rule) => ({ ...rule, ...kind.show(rule), id: showId(ctx, 'rule', rule.id) });

  @Resolver()
  class RulesResolver {
    @Query(() => RuleConnection, { name: list, description: `Versions of ${called}, newest first. ${asks.list}` })
    async list(@Ctx() ctx: Context, @Args(() => RulesArgs) args: RulesArgs) {
      const page = readPage(ctx, args, list, null, byVersion);
      const currency = parseInput(currencyCode, args.currency, 'currency');
      const rules = await listRules(ctx.app, requirePrincipal(ctx), kind, { currency, limit: page.limit, below: page.after?.[0] ?? null });
      return toConnection(
        ctx,
        page,
        rules,
        (rule) => [rule.version],
        (rule) => show(ctx, rule),
      );
    }

    @Mutation(() => SetResult, { name: `set${name}`, description: `Adds a version of ${called}; without one, ${without}. ${asks.set}` })
    set(@Ctx() ctx: Context, @Arg('input', () => SetInput, { description: 'The version.' }) input: object) {
      const command = parseInput(kind.schema, input);
      return answerOrRefusal(ctx, async (app, principal) => show(ctx, await setRule(app, principal, kind, command)));
    }
  }
  return RulesResolver;
}
