import type { GraphQLFormattedError } from 'graphql';

/** Characters of an error that may be what the caller sent. */
const MOST_ECHOED = 300;
/** Of these, for each of its path and its field. */
const LONGEST_PLACE = 100;

/**
 * The error with at most 300 characters that could be the caller's own. A longer message keeps its beginning and its
 * end.
 */
export function withoutLongEcho(error: GraphQLFormattedError): GraphQLFormattedError {
  const { message, path, extensions } = error;
  const field = typeof extensions?.field === 'string' ? extensions.field : '';
  const pathLength = path ? path.join('.').length : 0;
  if (message.length + pathLength + field.length <= MOST_ECHOED) return error;
  const { path: _path, ...bare } = error;
  const keptPath = path && pathLength <= LONGEST_PLACE ? { path } : {};
  const shortField = shortened(field, LONGEST_PLACE);
  const room = MOST_ECHOED - shortField.length - (keptPath.path ? pathLength : 0);
  return { ...bare, ...keptPath, message: shortened(message, room), ...(extensions && { extensions: { ...extensions, ...(field && { field: shortField }) } }) };
}

function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor(most / 3);
  return `${text.slice(0, most - end - 5)} ... ${text.slice(-end)}`;
}
