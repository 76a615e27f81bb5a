/** A line of JSON log as people read it: time, level, what happened, and its facts as name=value. */
export function formatLine(line: string): string {
  const { time, level, msg, role, err, error, ...facts } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(facts).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const head = `${String(time).slice(11, 19)} ${String(level).toUpperCase().padEnd(5)} ${String(role).padEnd(7)} ${[msg, ...pairs].join(' ')}\n`;
  return head + describe(err ?? error);
}

function describe(error: unknown): string {
  if (typeof error === 'string') return `  ${error}\n`;
  if (typeof error !== 'object' || error === null) return '';
  const { kind, code, message, stack } = error as Record<string, string | undefined>;
  return `  ${[kind, code, message].filter(Boolean).join(' ')}\n${stack ? `${stack.trimEnd()}\n` : ''}`;
}
