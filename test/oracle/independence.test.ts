/** Goal: the oracle stays a second opinion. Method: its files import Node, `yaml` and each other, nothing of the product. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const directory = import.meta.dirname;
const files = readdirSync(directory).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));

test.each(files)('%s imports nothing of the product', (file) => {
  const imports = [...readFileSync(join(directory, file), 'utf8').matchAll(/from '([^']+)'/g)].map((found) => found[1] ?? '');
  expect(imports.filter((name) => !/^(node:[a-z/]+|yaml|\.\/[a-z0-9-]+\.ts)$/.test(name))).toEqual([]);
});

test('there are files to look at', () => expect(files.length).toBeGreaterThan(10));
