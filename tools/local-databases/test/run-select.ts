/** Selects servers in a process of its own, for tests that race or kill it: argument 1 is the options as JSON. */
import { type SelectServersOptions, selectServers } from '@finova/local-databases';

const options = JSON.parse(process.argv[2] ?? '') as SelectServersOptions;
const servers = await selectServers({ ...options, engines: ['postgres', 'mongodb'] });
process.stdout.write(`${JSON.stringify({ postgres: servers.postgres?.url, mongodb: servers.mongodb?.url })}\n`);
// Waits to be killed.
setInterval(() => {}, 60_000);
