export { dataFolder } from './data-folder.ts';
export type { DatabaseEngine, DatabaseServer, ServerSource } from './database-server.ts';
export { domainVariable, engineVariable, redactUrl } from './domain-url.ts';
export { startThrowAwayServer, type ThrowAwayServer } from './embedded/throw-away-servers.ts';
export * from './errors.ts';
export { type LocalOptions, type LocalServerStatus, localStatus, startLocal, stopLocal } from './local.ts';
export { withMongoOption } from './mongo-option.ts';
export { domainServer, type SelectServersOptions, selectServers } from './select-servers.ts';
