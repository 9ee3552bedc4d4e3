// In a checkout only: what is packed for npm leaves this file out.
import './register-sources.js';

export const { main } = await import('../src/cli/main.ts');
