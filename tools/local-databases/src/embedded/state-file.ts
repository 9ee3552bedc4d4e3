import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const server = z.object({
  port: z.int().min(1).max(65_535),
  password: z.string().min(20),
  /** MongoDB only: the program that writes the data. */
  program: z.enum(['mongod', 'secantusdb']).optional(),
});

const state = z.object({ postgres: server.optional(), mongodb: server.optional() });

/** Where an embedded server listens and how to log in. */
export type EmbeddedServerState = z.infer<typeof server>;
export type EmbeddedState = z.infer<typeof state>;

/** The user of both embedded servers. */
export const EMBEDDED_USER = 'finova';

/**
 * Reads what is known of the embedded servers below `folder`. A damaged file counts as none: data whose password is
 * lost is moved aside and made anew, which is right for development data.
 */
export async function readState(folder: string): Promise<EmbeddedState> {
  try {
    const parsed = state.safeParse(JSON.parse(await readFile(stateFile(folder), 'utf8')));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}

/** Replaces the state in one step, readable by its owner alone: it holds the passwords. */
export async function writeState(folder: string, content: EmbeddedState): Promise<void> {
  const unfinished = `${stateFile(folder)}.${process.pid}`;
  // One that a killed process left would keep its mode.
  await rm(unfinished, { force: true });
  await writeFile(unfinished, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, stateFile(folder));
}

/** 192 random bits, safe in a URL. */
export function generatePassword(): string {
  return randomBytes(24).toString('base64url');
}

function stateFile(folder: string): string {
  return join(folder, 'embedded.json');
}
