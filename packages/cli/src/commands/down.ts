import { bringDown } from '@parallax/local';
import type { Command } from 'commander';

interface DownFlags {
  json?: boolean;
  purge?: boolean;
}

/** `down`: stops what `up` started. */
export function register(program: Command): void {
  program
    .command('down')
    .description('stop the embedded services that up started')
    .option('--purge', 'remove their data and logs, too')
    .option('--json', 'print one JSON object')
    .action(async (flags: DownFlags) => {
      const stopped = await bringDown({ purge: flags.purge === true });
      const text = stopped ? 'The services are stopped.' : 'No services were up.';
      process.stdout.write(flags.json === true ? `${JSON.stringify({ stopped, purged: flags.purge === true })}\n` : `${text}\n`);
    });
}
