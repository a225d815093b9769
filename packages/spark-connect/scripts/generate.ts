/**
 * Generates the Spark Connect stubs into `src/generated` from the `.proto` texts inside the very `spark-connect_2.x` jar that the
 * server runs, so that client and server cannot drift. Works offline. Usage: `node generate.ts [directory of the jars]`.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';

const packageDirectory = resolve(import.meta.dirname, '..');
const generatedDirectory = join(packageDirectory, 'src', 'generated');
const stampFile = join(generatedDirectory, 'stamp');

/** Whatever shapes the output without being in the jar: a change here makes every checkout generate anew. */
const SCRIPT_VERSION = 1;
/** Its plugin examples are no part of the protocol. */
const NOT_WANTED = ['spark/connect/example_plugins.proto'];

function findJar(directory: string): string {
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => /^spark-connect_2\.\d+-[\d.]+\.jar$/.test(name)) : [];
  const [name, ...others] = names;
  if (name === undefined || others.length > 0) {
    throw new Error(`expected one spark-connect_2.x jar in ${directory}, found ${names.length}: ${names.join(', ')}`);
  }
  return join(directory, name);
}

function stampOf(jar: string): string {
  const hash = createHash('sha256').update(readFileSync(jar));
  const own = readFileSync(join(packageDirectory, 'proto/google/rpc/error_details.proto'));
  return hash.update(own).update(`script ${SCRIPT_VERSION}`).digest('hex');
}

/** The JDK's own `jar`: no unzip program is needed. */
function jarTool(): string {
  const home = process.env.JAVA_HOME;
  return home === undefined ? 'jar' : join(home, 'bin', 'jar');
}

function binOf(packageName: string, bin: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  const declared: { bin: Record<string, string> } = JSON.parse(readFileSync(manifest, 'utf8'));
  const relative = declared.bin[bin];
  if (relative === undefined) throw new Error(`${packageName} has no program ${bin}`);
  return join(dirname(manifest), relative);
}

function generate(jar: string, work: string): void {
  const protos = join(work, 'protos');
  mkdirSync(protos, { recursive: true });
  execFileSync(jarTool(), ['xf', jar, 'spark/connect'], { cwd: protos, stdio: 'inherit' });
  for (const path of NOT_WANTED) rmSync(join(protos, path), { force: true });
  cpSync(join(packageDirectory, 'proto'), protos, { recursive: true });
  const template = {
    version: 'v2',
    plugins: [
      {
        local: ['node', binOf('@bufbuild/protoc-gen-es', 'protoc-gen-es')],
        out: join(work, 'out'),
        opt: ['target=js+dts', 'import_extension=js'],
      },
    ],
  };
  execFileSync(process.execPath, [binOf('@bufbuild/buf', 'buf'), 'generate', protos, '--template', JSON.stringify(template)], {
    cwd: work,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`, BUF_CACHE_DIR: join(work, 'cache') },
  });
}

/** True when it generated, false when the stamp said that all is done. */
function main(jarDirectory: string): boolean {
  const jar = findJar(jarDirectory);
  const stamp = stampOf(jar);
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return false;
  const work = join(generatedDirectory, `work-${process.pid}`);
  try {
    generate(jar, work);
    rmSync(stampFile, { force: true });
    for (const name of ['spark', 'google']) {
      rmSync(join(generatedDirectory, name), { recursive: true, force: true });
      renameSync(join(work, 'out', name), join(generatedDirectory, name));
    }
    writeFileSync(stampFile, stamp);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return true;
}

const jarDirectory = resolve(process.argv[2] ?? join(packageDirectory, '../../.parallax/jars/spark'));
console.error(main(jarDirectory) ? `generated ${generatedDirectory}` : 'generated stubs are up to date');
