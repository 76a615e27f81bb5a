// Lets a child process of a test run the TypeScript as it is: node -r test/support/swc-register.cjs file.ts
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { transform } = require('../../jest.config.cjs');

const [, options] = Object.values(transform)[0];
/** What was transformed before, by its content: a gateway starts in three quarters of the time. */
const kept = join(__dirname, '../../node_modules/.cache/tessera-tests');
mkdirSync(kept, { recursive: true });

require.extensions['.ts'] = (module, filename) => {
  const source = readFileSync(filename, 'utf8');
  const file = join(kept, createHash('sha256').update(JSON.stringify(options)).update(filename).update(source).digest('hex'));
  module._compile(read(file) ?? write(file, transformed(source, filename)), filename);
};

function transformed(source, filename) {
  return require('@swc/core').transformSync(source, { ...options, filename, sourceMaps: 'inline' }).code;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function write(file, code) {
  // Others start at the same time: nobody may read half of it.
  const own = `${file}.${process.pid}`;
  writeFileSync(own, code);
  renameSync(own, file);
  return code;
}
