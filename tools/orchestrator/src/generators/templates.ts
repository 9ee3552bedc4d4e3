import { join } from 'node:path';

/** The folder of templates of this name; they are the same for the sources and for what is compiled from them. */
export function templatesOf(name: string): string {
  return join(import.meta.dirname, '..', '..', 'generators', 'files', name);
}
