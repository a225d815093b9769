import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exampleFiles } from './catalogue/example-files.ts';

/** Writes the generated files of `examples/telecom`: `node packages/simulator/src/generate-example.ts`. */
const root = join(import.meta.dirname, '..', '..', '..', 'examples', 'telecom');
for (const [path, text] of exampleFiles()) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
