import { upStatus } from '@parallax/local';
import type { Command } from 'commander';
import { printStatuses } from '../view/service-table.ts';

interface StatusFlags {
  json?: boolean;
  showSecrets?: boolean;
}

/** `status`: asks every service that `up` started in its own protocol. Exit code 3 when one that was started does not answer. */
export function register(program: Command): void {
  program
    .command('status')
    .description('show the embedded services: ready (each is asked in its own protocol), pid, port, memory, log')
    .option('--json', 'print one JSON object a service')
    .option('--show-secrets', "print the DWH's password in its URL")
    .action(async (flags: StatusFlags) => {
      const statuses = await upStatus();
      printStatuses(statuses, flags.json === true, flags.showSecrets === true);
      if (statuses.some(({ state }) => state === 'silent' || state === 'gone')) process.exitCode = 3;
    });
}
