/**
 * What kind of fact about a member a field tells. The purposes for which members let brands have data, and the terms
 * that allow it, name these and no others. TEXT is what somebody wrote about the member.
 */
export type DataCategory = 'NAME' | 'CONTACT' | 'BIRTH_DATE' | 'LANGUAGE' | 'JURISDICTION' | 'ENROLMENT' | 'WALLET' | 'ACTIVITY' | 'BASKET' | 'TEXT';

/**
 * Who gets a field of an answer, beside the operator's staff and the member with a login:
 * - NOBODY: it is about nobody, no fact about a member; whoever may ask gets it.
 * - OWN: about what happened at the brand that asks, or what it said itself.
 * - PROGRAMME: what a brand must know to let the member earn and spend, such as how many points can be spent.
 * - MEMBER: never a brand.
 * - A category: a brand for a purpose that has it, and only so.
 */
export type Disclosure = 'NOBODY' | 'OWN' | 'PROGRAMME' | 'MEMBER' | DataCategory;

/** Who gets each field of a type; or one word for a type of which no field is a fact about a member. */
export type Declaration<Field extends string = string> = 'NOBODY' | Readonly<Partial<Record<Field, Disclosure>>>;
