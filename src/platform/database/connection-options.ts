/**
 * A URL without its `options`, and those options with further settings. pg takes one or the other, and the URL's would
 * win.
 */
export function withSettings(url: string, settings: readonly string[]): { connectionString: string; options: string } {
  const plain = new URL(url);
  const given = plain.searchParams.get('options');
  plain.searchParams.delete('options');
  return { connectionString: plain.toString(), options: [given, ...settings.map((setting) => `-c ${setting}`)].filter(Boolean).join(' ') };
}
