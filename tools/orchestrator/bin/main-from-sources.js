// In a checkout only: what is packed for npm leaves this file out.
import { register } from 'node:module';
import { register as registerTypeScript } from 'tsx/esm/api';

registerTypeScript();
register('./source-condition-hooks.js', import.meta.url);

export const { main } = await import('../src/cli/main.ts');
