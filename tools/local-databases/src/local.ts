import { relative } from 'node:path';
import { dataFolder } from './data-folder.ts';
import type { DatabaseEngine } from './database-server.ts';
import { ensureEmbeddedServer, findRunning, serverFolder, stopEmbeddedServer } from './embedded/embedded-servers.ts';

/** An embedded server as `finova-db local` shows it. */
export interface LocalServerStatus {
  readonly engine: DatabaseEngine;
  readonly running: boolean;
  /** What and where it is, without secrets; empty when it is stopped. */
  readonly label: string;
  /** Where its data is, from the workspace's root. */
  readonly dataFolder: string;
}

export interface LocalOptions {
  readonly workspaceRoot: string;
  readonly onProgress?: (line: string) => void;
}

const ENGINES: readonly DatabaseEngine[] = ['postgres', 'mongodb'];

/** Shows which embedded servers of this workspace run. */
export async function localStatus({ workspaceRoot }: LocalOptions): Promise<LocalServerStatus[]> {
  const folder = dataFolder(workspaceRoot);
  return Promise.all(
    ENGINES.map(async (engine) => {
      const running = await findRunning(folder, engine);
      return {
        engine,
        running: running !== undefined,
        label: running?.label ?? '',
        dataFolder: relative(workspaceRoot, serverFolder(folder, engine)),
      };
    }),
  );
}

/** Starts the embedded servers that do not run yet. */
export async function startLocal(options: LocalOptions): Promise<LocalServerStatus[]> {
  await Promise.all(ENGINES.map((engine) => ensureEmbeddedServer(options.workspaceRoot, engine, options.onProgress)));
  return localStatus(options);
}

/** Stops the embedded servers; their data stays. */
export async function stopLocal(options: LocalOptions): Promise<LocalServerStatus[]> {
  await Promise.all(ENGINES.map((engine) => stopEmbeddedServer(options.workspaceRoot, engine)));
  return localStatus(options);
}
