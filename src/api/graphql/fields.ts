import { Arg, Field, ID, Int } from 'type-graphql';
import { DateScalar, DateTimeScalar, DecimalScalar, PointsScalar } from './scalars';

type TypeFunction = Parameters<typeof Field>[0] & (() => unknown);

/**
 * A field of a GraphQL type, by what it means, on the line of its property:
 *
 *     @Points('Points spent.') points!: number;
 *     @Instant.orNull('When the hold ends; null: it is none.') expiresAt!: string | null;
 */
function fieldOf(type: TypeFunction) {
  return Object.assign((description: string) => Field(type, { description }), {
    /** The same, where it may be absent or null. */
    orNull: (description: string) => Field(type, { description, nullable: true }),
  });
}

export const Id = fieldOf(() => ID);
export const Text = fieldOf(() => String);
/** A whole number of anything but points. */
export const Count = fieldOf(() => Int);
export const Flag = fieldOf(() => Boolean);
/** In the currency's smallest unit. */
export const Points = fieldOf(() => PointsScalar);
/** A number that is no whole one, as text. */
export const Decimal = fieldOf(() => DecimalScalar);
export const Instant = fieldOf(() => DateTimeScalar);
/** A calendar day. */
export const Day = fieldOf(() => DateScalar);

/** A field of any other type, such as an enum, a list or a class. */
export const Of = Object.assign((type: TypeFunction, description: string) => Field(type, { description }), {
  orNull: (type: TypeFunction, description: string) => Field(type, { description, nullable: true }),
});

/** The one argument of a mutation. */
export function Input(type: TypeFunction, description: string): ReturnType<typeof Arg> {
  return Arg('input', type as never, { description });
}
