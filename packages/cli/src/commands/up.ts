import { ParallaxError } from '@parallax/core';
import { bringUp, type ProgressEvent, SERVICE_NAMES, type ServiceName, type UpState, upStatus } from '@parallax/local';
import type { Command } from 'commander';
import { printStatuses } from '../view/service-table.ts';

interface UpFlags {
  json?: boolean;
}

/** `up [SERVICE…]`: the embedded services alone, which go on after the command ends. */
export function register(program: Command): void {
  program
    .command('up')
    .description('start the embedded services and leave them running (see status, down)')
    .argument('[services...]', `which ones: ${SERVICE_NAMES.join(', ')}; all by default`)
    .option('--json', 'print one JSON object a service')
    .action(async (services: string[], flags: UpFlags) => {
      const names = services.length === 0 ? SERVICE_NAMES : services.map(serviceName);
      const state: UpState = await bringUp(names, printProgress);
      printStatuses(
        (await upStatus()).filter((status) => state.services.some(({ name }) => name === status.service)),
        flags.json === true,
      );
    });
}

function serviceName(word: string): ServiceName {
  const name = SERVICE_NAMES.find((candidate) => candidate === word);
  if (name !== undefined) return name;
  throw new ParallaxError('PRLX_USAGE', `there is no service ${word}`, {
    exitCode: 2,
    advice: `The services are ${SERVICE_NAMES.join(', ')}.`,
  });
}

function printProgress(event: ProgressEvent): void {
  if (event.phase !== 'ready' && event.phase !== 'failed') return;
  process.stderr.write(
    `${event.service} is ${event.phase === 'ready' ? 'ready' : 'not ready'} after ${(event.elapsedMs / 1000).toFixed(1)} s\n`,
  );
}
