import { isDeepStrictEqual } from 'node:util';
import { BSON, type Db, type Document } from 'mongodb';
import { ValidatorViolatedError } from '../errors/index.ts';
import type { StepProgress } from './step-progress.ts';

/** The validator that there was, and with it how strictly it held. */
interface Validation {
  readonly validator: Document;
  readonly validationLevel: string;
  readonly validationAction: string;
}

const STRICT = { validationLevel: 'strict', validationAction: 'error' } as const;

/**
 * Puts a validator on a collection once no document violates it. Counted before, so that a refusal changes nothing, and
 * after, because something may have been written between; then the one that was there comes back.
 *
 * @throws {ValidatorViolatedError} saying how many documents do and how to find them.
 */
export async function replaceValidator(
  db: Db,
  progress: StepProgress,
  collection: string,
  validator: Document,
): Promise<void> {
  const live = await readValidation(db, collection);
  const kept = (await progress.read()) as { readonly before: string } | undefined;
  // The one that is there already is left by a run that died before it had counted again.
  const before =
    kept !== undefined && isDeepStrictEqual(live.validator, validator) ? parse<Validation>(kept.before) : live;
  // Kept for the case that this process dies, and for whoever looks for the documents: the error says how.
  await progress.write({ before: stringify(before), validator: stringify(validator) });
  const refuseViolators = async () => {
    const violators = await db.collection(collection).countDocuments({ $nor: [validator] });
    if (violators > 0) {
      await db.command({ collMod: collection, ...before });
      throw new ValidatorViolatedError(collection, violators, progress.id);
    }
  };
  await refuseViolators();
  await db.command({ collMod: collection, validator, ...STRICT });
  await refuseViolators();
  await progress.clear();
}

async function readValidation(db: Db, name: string): Promise<Validation> {
  const [found] = await db.listCollections({ name }, { useBigInt64: true }).toArray();
  const options = ((found as { readonly options?: Document } | undefined)?.options ?? {}) as Partial<Validation>;
  return {
    validator: options.validator ?? {},
    validationLevel: options.validationLevel ?? STRICT.validationLevel,
    validationAction: options.validationAction ?? STRICT.validationAction,
  };
}

/** As text: field names of a validator begin with `$`, which servers do not all take in a stored document. */
function stringify(value: object): string {
  return BSON.EJSON.stringify(value, { relaxed: false });
}

function parse<Value>(text: string): Value {
  return BSON.EJSON.parse(text, { useBigInt64: true }) as Value;
}
