import { type GraphQLError, Kind, type Token, TokenKind } from 'graphql';

const VALUES: ReadonlySet<string> = new Set([
  Kind.VARIABLE,
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
  Kind.OBJECT_FIELD,
]);
const CLOSING: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);
const OPENING: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);

/** The input field that a variable or literal of the wrong type was given for, such as "input.lines.0.quantity". */
export function inputPlaceOf(error: GraphQLError): string | undefined {
  const inVariable = /^Variable "\$(\w+)" got invalid value .* at "(?:\1)([^"]*)"/s.exec(error.message) ?? /^Variable "\$(\w+)"/.exec(error.message);
  if (inVariable) {
    const place = inVariable[1] + (inVariable[2] ?? '').replaceAll(/\[(\d+)\]/g, '.$1');
    // Of a field that there is not, or that is missing, GraphQL names the object that it is in as the place.
    const field = /; Field "(\w+)" (?:is not defined by type|of required type) [^;]*$/.exec(error.message);
    return field ? `${place}.${field[1]}` : place;
  }
  const value = error.nodes?.[0];
  return value?.loc && VALUES.has(value.kind) ? placeOfLiteral(value.loc.startToken) : undefined;
}

/**
 * Goes back from where a value begins, out of each list and object around it, to the parenthesis before the argument.
 */
function placeOfLiteral(begin: Token): string | undefined {
  const names: string[] = [];
  for (let from: Token | null = begin; from; ) {
    const before: Token | null = previous(from);
    const name: Token | null = before?.kind === TokenKind.COLON ? previous(before) : null;
    if (name) names.unshift(name.value);
    const opening: Token | null = enclosing(from);
    if (!opening || opening.kind === TokenKind.PAREN_L) return opening && names.length > 0 ? names.join('.') : undefined;
    from = opening;
  }
  return undefined;
}

function enclosing(from: Token): Token | null {
  let closed = 0;
  for (let token = previous(from); token; token = previous(token)) {
    if (CLOSING.has(token.kind)) closed++;
    else if (OPENING.has(token.kind) && closed-- === 0) return token;
  }
  return null;
}

function previous(token: Token): Token | null {
  let before = token.prev;
  while (before?.kind === TokenKind.COMMENT) before = before.prev;
  return before;
}
