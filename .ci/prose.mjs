// What prose is held to: what it names is there, and it can be read without scrolling.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const ELSEWHERE = new Set(['.git', '.data', 'node_modules', 'dist']);
const WIDEST = 120;
const CODE = /^(src|workers|test|bench|examples|\.ci)\/.*\.(ts|mjs|cjs)$/;
const COMMENT = /^\s*(\/\/|\/?\*)/;
/** `src/app.ts`, `.ci/run`: a path from the root of the repository. */
const PATH = /^(\.ci|\.github|src|workers|migrations|schema|test|bench|examples|docs)\/[\w./-]*$/;
/** `lots.ts`: a file's name alone. */
const NAME = /^[\w.-]+\.(ts|mjs|cjs|sql|graphql|md|yml)$/;
/** "`runBooks` in `workers/keep-books.ts`", "`workers/keep-books.ts` (`runBooks`)" or "has `runBooks`". */
const PAIRS = [/`(?<symbol>[A-Za-z_]\w*)`\s+(?:in|of)\s+`(?<file>[^`\s]+\.ts)`/g, /`(?<file>[^`\s]+\.ts)`\s+(?:has\s+|\()`(?<symbol>[A-Za-z_]\w*)`/g];

/** What documents name and is not there, one a line: "README.md:12: there is no src/attic.ts". */
export function missingNames(root) {
  const files = filesBelow(root);
  const names = new Set(files.map((file) => basename(file)));
  const isThere = (file, { name, isLink }) => {
    if (isLink) return existsSync(join(root, dirname(file), name));
    if (PATH.test(name)) return existsSync(join(root, name));
    return !NAME.test(name) || names.has(name);
  };
  return files.filter(isProse).flatMap((file) =>
    linesOf(root, file).flatMap(({ at, line }) =>
      namedIn(line)
        .filter((named) => !isThere(file, named))
        .map(({ name }) => `${file}:${at}: there is no ${name}`),
    ),
  );
}

/** What documents say a file has and it has not, one a line: "README.md:12: src/app.ts has no attic". */
export function missingSymbols(root) {
  return filesBelow(root)
    .filter(isProse)
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return PAIRS.flatMap((pair) => [...text.matchAll(pair)])
        .filter(({ groups }) => PATH.test(groups.file) && existsSync(join(root, groups.file)))
        .filter(({ groups }) => !new RegExp(`\\b${groups.symbol}\\b`).test(readFileSync(join(root, groups.file), 'utf8')))
        .map(({ groups, index }) => `${file}:${text.slice(0, index).split('\n').length}: ${groups.file} has no ${groups.symbol}`);
    });
}

/** Paragraphs and comments that are too wide. Tables and what stands in fences are as wide as they are. */
export function wideLines(root) {
  return filesBelow(root)
    .filter((file) => isProse(file) || CODE.test(file))
    .flatMap((file) =>
      linesOf(root, file)
        .filter(({ line, isText }) => widthOf(line) > WIDEST && (isProse(file) ? isText : COMMENT.test(line)))
        .map(({ at, line }) => `${file}:${at}: ${widthOf(line)} columns; ${WIDEST} are the most`),
    );
}

function isProse(file) {
  return file.endsWith('.md') && !file.startsWith('bench/results/');
}

function filesBelow(root, path = '') {
  return readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => {
    if (ELSEWHERE.has(entry.name)) return [];
    const file = path === '' ? entry.name : `${path}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(root, file) : [file];
  });
}

function linesOf(root, file) {
  let fenced = false;
  return readFileSync(join(root, file), 'utf8')
    .split('\n')
    .map((line, i) => {
      const isFence = /^\s*```/.test(line);
      if (isFence) fenced = !fenced;
      return { at: i + 1, line, isText: !isFence && !fenced && !line.startsWith('|') };
    });
}

/** In backticks, and as links to files. */
function namedIn(line) {
  const quoted = [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => ({ name, isLink: false }));
  const linked = [...line.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, name]) => ({ name, isLink: true }));
  return [...quoted, ...linked.filter(({ name }) => !/^[a-z]+:/.test(name))];
}

/** Characters, not bytes. */
function widthOf(line) {
  return [...line].length;
}
