import type { Rule } from '../finding.ts';
import { listFiles } from '../workspace-files.ts';

/** `.env` is committed, because Nx reads its own settings there: nothing else may find its way into it. */
export const sharedEnvironment: Rule = {
  name: 'the committed .env holds settings of Nx and nothing else',
  async check(workspace) {
    const [file] = await listFiles(workspace, /^\.env$/);
    const lines = (await file?.text())?.split('\n') ?? [];
    return lines
      .filter((line) => line.trim() !== '' && !/^(?:#|NX_[A-Z_]+=(?:true|false|\d+)$)/.test(line))
      .map((line) => ({
        file: '.env',
        problem: `it sets ${line.split('=')[0]}`,
        instead: 'move it to .env.local, which is not committed, and change the secret if it was one',
      }));
  },
};
