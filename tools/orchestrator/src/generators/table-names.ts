import { names } from '@nx/devkit';
import { GeneratorRefusedError } from './generator-refused-error.ts';

/** How a table or collection, and one row or document of it, are called in each place. */
export interface TableNames {
  /** In the database: `gift_cards` */
  readonly table: string;
  /** `gift-cards` */
  readonly tableFile: string;
  /** `GiftCards` */
  readonly tableClass: string;
  /** `giftCards` */
  readonly tableName: string;
  /** `GIFT_CARDS` */
  readonly tableConstant: string;
  /** `gift cards` */
  readonly tableText: string;
  /** `gift-card` */
  readonly entityFile: string;
  /** `GiftCard` */
  readonly entityClass: string;
  /** `giftCard` */
  readonly entityName: string;
  /** `GIFT_CARD` */
  readonly entityConstant: string;
  /** `gift card` */
  readonly entityText: string;
}

const KEBAB_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** @throws {GeneratorRefusedError} when it is not written as `gift-cards`. */
export function requireKebabName(what: string, name: string): void {
  // PostgreSQL cuts names at 63 bytes, and constraints add to them.
  if (!KEBAB_NAME.test(name) || name.length > 40) {
    throw new GeneratorRefusedError(
      `${what} ${name}`,
      'its name should be lower case words joined by hyphens, with at most 40 characters',
      'give a name such as gift-cards',
    );
  }
}

/**
 * Names everything after a table or collection.
 *
 * @param name - `gift-cards`
 * @param entity - one of them, where taking the plural away is not enough: `person` of `people`.
 * @throws {GeneratorRefusedError}
 */
export function tableNames(name: string, entity: string | undefined): TableNames {
  requireKebabName('table', name);
  const one = entity ?? singular(name);
  requireKebabName('entity', one);
  if (one === name) {
    throw new GeneratorRefusedError(
      `table ${name}`,
      `a table is named after many, and ${name} names one`,
      `give the name in the plural, or say with --entity what one of the ${name} is called`,
    );
  }
  const [many, each] = [names(name), names(one)];
  return {
    table: name.replaceAll('-', '_'),
    tableFile: many.fileName,
    tableClass: many.className,
    tableName: many.propertyName,
    tableConstant: many.constantName,
    tableText: name.replaceAll('-', ' '),
    entityFile: each.fileName,
    entityClass: each.className,
    entityName: each.propertyName,
    entityConstant: each.constantName,
    entityText: one.replaceAll('-', ' '),
  };
}

/** The English plurals that are rules; the others are said with `--entity`. */
function singular(name: string): string {
  return name
    .replace(/ies$/, 'y')
    .replace(/(s|x|ch|sh)es$/, '$1')
    .replace(/([^s])s$/, '$1');
}
