import { Field, InputType, Int, ObjectType } from 'type-graphql';
import type { RuleKind } from '../../coalition/rules/define-rule';
import type { Choice, Described, Group, Shape } from '../../coalition/rules/rule-field';
import type { RuleVersion } from '../../coalition/rules/rule-version';
import { CreationInput } from '../graphql/change-input.types';
import { enumOf } from '../graphql/enum-of';
import { Count, Id, Instant, Text } from '../graphql/fields';
import { RatioInput, RatioType } from '../graphql/money.types';
import { DateScalar, DateTimeScalar, DecimalScalar, PointsScalar } from '../graphql/scalars';

type Use = 'sent' | 'shown';

const PLAIN = { POINTS: PointsScalar, INT: Int, DECIMAL: DecimalScalar, TEXT: String, DATE: DateScalar, DATE_TIME: DateTimeScalar } as const;

/** The type that shows a version, made of the fields that its kind declares. */
export function shownType({ name, called, owner, fields }: RuleKind<RuleVersion>) {
  @ObjectType(name, { description: `A version of ${called}.` })
  class ShownRule {
    @Id('Opaque id of this version.')
    id!: string;

    @Text('Code of the points currency.')
    currency!: string;

    @Count(owner === 'BRAND' ? 'Counts from 1, for each brand and currency.' : 'Counts from 1, for each currency.')
    version!: number;

    @Instant('When it starts.')
    effectiveFrom!: Date;
  }
  for (const [field, declared] of Object.entries(fields)) addField(ShownRule, field, declared, 'shown');
  return ShownRule;
}

/** The input that adds a version. */
export function setterInput({ name, called, fields }: RuleKind<RuleVersion>) {
  const next = 'moneyCurrency' in fields ? 'the next one of its money' : 'the next one';
  @InputType(`Set${name}Input`, { description: `A version of ${called}: in force from effectiveFrom until ${next} starts, and never edited.` })
  class SetRuleInput extends CreationInput {
    @Text('Code of the points currency.')
    currency!: string;

    @Instant('When it starts; may lie in the past: what is told later is judged by it too.')
    effectiveFrom!: Date;
  }
  for (const [field, declared] of Object.entries(fields))
    if (declared.schema) addField(SetRuleInput, field, declared, 'sent', declared.schema.safeParse(null).success);
  return SetRuleInput;
}

function addField(to: abstract new () => object, field: string, described: Described, use: Use, nullable = described.none !== undefined): void {
  const { shape, says, sending, none } = described;
  const more = use === 'sent' ? sending : none && `null: ${none}`;
  const type = typeOf(shape, use);
  Field(() => type, { nullable, description: more ? `${says}; ${more}.` : `${says}.` })(to.prototype, field);
}

function typeOf(shape: Shape, use: Use): object {
  if (typeof shape === 'string') return shape === 'RATIO' ? (use === 'sent' ? RatioInput : RatioType) : PLAIN[shape];
  if ('list' in shape) return [PLAIN[shape.list]];
  return 'values' in shape ? enumFor(shape) : groupFor(shape, use);
}

const enums = new Map<Choice, object>();

function enumFor(choice: Choice): object {
  let made = enums.get(choice);
  if (!made) enums.set(choice, (made = enumOf(choice.name, choice.says, choice.values)));
  return made;
}

const groups = { sent: new Map<Group, object>(), shown: new Map<Group, object>() };

function groupFor(group: Group, use: Use): object {
  const known = groups[use].get(group);
  if (known) return known;
  class Parts {}
  const { name, says: description } = group;
  (use === 'sent' ? InputType(`${name}Input`, { description }) : ObjectType(name, { description }))(Parts);
  for (const [part, described] of Object.entries(group.parts)) addField(Parts, part, described, use);
  groups[use].set(group, Parts);
  return Parts;
}
