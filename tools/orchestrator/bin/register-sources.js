// In a checkout only: what is packed for npm leaves this file out. TypeScript and workspace packages load from here on.
import { register } from 'node:module';
import { register as registerTypeScript } from 'tsx/esm/api';

registerTypeScript();
register('./source-condition-hooks.js', import.meta.url);
