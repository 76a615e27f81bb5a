/**
 * A row of pg that has a type's fields for columns, named_so. What is a bigint there is read as text, as are the fields
 * named second, whose columns are wider than the numbers that are made of them.
 */
export type RowOf<Fields, Wide extends keyof Fields = never> = {
  readonly [Name in keyof Fields & string as Column<Name>]: Name extends Wide ? AsText<Fields[Name]> : AsRead<Fields[Name]>;
};

type Column<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Column<Rest>}`
  : '';

type AsRead<Value> = Value extends bigint ? string : Value;
type AsText<Value> = Value extends null ? null : string;
