import { CARE } from './care.ts';
import { NETWORK } from './network.ts';
import { scorecardCsv } from './scorecard.ts';
import { USAGE } from './usage.ts';
import type { SimStream } from './variable.ts';

/** The streams of the telecom, in the order of their names in the contract. */
export const STREAMS: readonly SimStream[] = [NETWORK, USAGE, CARE];

/**
 * The generated files of `examples/telecom`, path to text. The rest of that folder is written by hand.
 * `node packages/simulator/src/generate-example.ts` writes them; a test holds them equal to what is committed.
 */
export function exampleFiles(): Map<string, string> {
  const files = new Map(STREAMS.map((stream) => [`streams/${stream.name}.yaml`, streamYaml(stream)]));
  files.set('batch/scorecard.csv', scorecardCsv());
  return files;
}

function streamYaml(stream: SimStream): string {
  const from =
    stream.transport === 'kafka'
      ? `{ kafka: { topic: ${stream.destination} } }`
      : `{ amqp: { address: ${stream.destination}, bridge_topic: ${stream.destination} } }`;
  const lines = [
    `# ${stream.variables.length} variables; made by packages/simulator/src/generate-example.ts from the catalogue that the producers use.`,
    `from: ${from}`,
    'key: { field: customer_id }',
    'time: { field: event_time, format: rfc3339 }',
    'event_id: event_id',
    'variables:',
  ];
  let group = '';
  for (const variable of stream.variables) {
    const head = variable.field.split('.')[0] ?? '';
    if (head !== group) {
      group = head;
      lines.push(`  # ${stream.groups[head] ?? head}`);
    }
    const unit = /^[\w/]+$/.test(variable.unit) ? variable.unit : `"${variable.unit}"`;
    lines.push(
      `  - { name: ${variable.name}, field: ${variable.field}, places: ${variable.places}, unit: ${unit}, aggregates: [${variable.aggregates.join(', ')}] }`,
    );
  }
  return `${lines.join('\n')}\n`;
}
