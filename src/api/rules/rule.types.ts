import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { RuleKind } from '../../coalition/rules/define-rule';
import type { Choice, Described, Group, Shape } from '../../coalition/rules/rule-field';
import type { RuleVersion } from '../../coalition/rules/rule-version';
import { CreationInput } from '../graphql/change-input.types';
import type { Context } from '../graphql/context';
import { Discloses, declareDisclosure } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Id, Instant, Text } from '../graphql/fields';
import { RatioInput, RatioType } from '../graphql/money.types';
import { readId, showId } from '../graphql/pairwise-ids';
import { DateScalar, DateTimeScalar, DecimalScalar, PointsScalar } from '../graphql/scalars';

type Use = 'sent' | 'shown';
type Kind = Pick<RuleKind<RuleVersion>, 'name' | 'called' | 'owner' | 'fields' | 'sideBySide' | 'means'>;

const PLAIN = { POINTS: PointsScalar, INT: Int, DECIMAL: DecimalScalar, TEXT: String, DATE: DateScalar, DATE_TIME: DateTimeScalar } as const;

/** What one of its versions is called. */
function versionOf({ called, sideBySide }: Kind): string {
  return `${sideBySide ? 'One' : 'A version'} of ${called}`;
}

/** The type that shows a version, made of the fields that its kind declares. */
export function shownType(kind: Kind) {
  const { name, owner, fields, sideBySide, means } = kind;
  @ObjectType(name, { description: means ? `${versionOf(kind)}. ${means}` : `${versionOf(kind)}.` })
  @Discloses('NOBODY')
  class ShownRule {
    @Id('Opaque id of this version.')
    id!: string;

    @Text('Code of the points currency.')
    currency!: string;

    @Instant('When it starts.')
    effectiveFrom!: Date;
  }
  const counted: Described = { shape: 'INT', says: owner === 'COALITION' ? 'Counts from 1, for each currency' : 'Counts from 1, for each brand and currency' };
  const withdrawn: Described = { shape: 'DATE_TIME', says: 'When it was withdrawn, before it began: it never was in force', none: 'it stands' };
  if (!sideBySide) {
    addField(ShownRule, 'version', counted, 'shown');
    addField(ShownRule, 'withdrawnAt', withdrawn, 'shown');
  }
  for (const [field, described] of Object.entries(fields)) addField(ShownRule, field, described, 'shown');
  return ShownRule;
}

/** The input that adds a version. */
export function setterInput(kind: Kind) {
  const { name, fields, sideBySide } = kind;
  const next = 'moneyCurrency' in fields ? 'the next one of its money starts' : 'the next one starts';
  @InputType(`Set${name}Input`, {
    description: `${versionOf(kind)}: in force from effectiveFrom until ${sideBySide ? 'it is ended' : next}, and never edited.`,
  })
  class SetRuleInput extends CreationInput {
    @Text('Code of the points currency.')
    currency!: string;
  }
  const start: Described = {
    shape: 'DATE_TIME',
    says: 'When it starts',
    sending: sideBySide ? 'not in the past; now by default' : 'may lie in the past: what is told later is judged by it too',
  };
  addField(SetRuleInput, 'effectiveFrom', start, 'sent', sideBySide !== undefined);
  for (const [field, described] of Object.entries(fields))
    if (described.schema) addField(SetRuleInput, field, described, 'sent', described.schema.safeParse(null).success);
  return SetRuleInput;
}

/** An input with the uuids that its ids stand for; throws InvalidInput. */
export function readIds(ctx: Context, kind: Kind, input: object): Record<string, unknown> {
  return withIds(kind, { ...input }, (id, text, field) => readId(ctx, id, text, `input.${field}`));
}

/** What is shown of a version, with ids as whoever asks sees them. */
export function showIds(ctx: Context, kind: Kind, shown: Record<string, unknown>): Record<string, unknown> {
  return withIds(kind, shown, (id, uuid) => showId(ctx, id, uuid));
}

function withIds({ fields }: Kind, values: Record<string, unknown>, turn: (id: 'brand' | 'rule', value: string, field: string) => string) {
  for (const [field, { shape }] of Object.entries(fields)) {
    const value = values[field];
    if (typeof shape === 'object' && 'id' in shape && typeof value === 'string') values[field] = turn(shape.id, value, field);
  }
  return values;
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
  if ('id' in shape) return ID;
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
  declareDisclosure(Parts, 'NOBODY');
  const { name, says: description } = group;
  (use === 'sent' ? InputType(`${name}Input`, { description }) : ObjectType(name, { description }))(Parts);
  for (const [part, described] of Object.entries(group.parts)) addField(Parts, part, described, use);
  groups[use].set(group, Parts);
  return Parts;
}
