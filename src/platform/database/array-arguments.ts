/** A uuid[] as an argument: nothing in a UUID needs quotes. */
export function uuidArray(ids: readonly string[]): string {
  return `{${ids.join(',')}}`;
}

/** A bytea[] as an argument, of texts in hexadecimal digits. */
export function byteaArray(hex: readonly string[]): string {
  return hex.length === 0 ? '{}' : `{"\\\\x${hex.join('","\\\\x')}"}`;
}
