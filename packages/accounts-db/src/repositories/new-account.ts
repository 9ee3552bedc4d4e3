import { postgresText, uuid } from '@finova/db-kit/postgres';
import { z } from 'zod';
import { ibanSchema } from '../iban.ts';

const INT64_MAX = 2n ** 63n - 1n;

/** Minor units, 0 or more, within a 64-bit integer. */
export const overdraftLimitMinor = z.bigint().nonnegative().max(INT64_MAX);

const currency = z.string().regex(/^[A-Z]{3}$/, 'expected an ISO 4217 code such as EUR');
const accountName = z.string().trim().pipe(postgresText(70));
const day = z.iso.date();

/** What {@link NewAccount} is checked against. */
export const newAccount = z.strictObject({
  id: uuid.optional(),
  currency,
  iban: ibanSchema,
  name: accountName,
  cashAccountType: z.enum(['CACC', 'SVGS', 'LOAN']),
  overdraftLimitMinor: overdraftLimitMinor.default(0n),
  holders: z
    .array(
      z.strictObject({ customerId: uuid, role: z.enum(['owner', 'co_owner', 'authorised']), from: day.optional() }),
    )
    .min(1, 'expected at least one holder')
    .refine((holders) => holders.some(({ role }) => role === 'owner'), 'expected an owner among the holders'),
});

/** What {@link NewInternalAccount} is checked against. */
export const newInternalAccount = z.strictObject({
  id: uuid.optional(),
  currency,
  name: accountName,
  normalSide: z.enum(['debit', 'credit']),
});

/** What opening a customer's account takes. */
export type NewAccount = z.input<typeof newAccount>;
/** What opening one of the bank's own accounts takes. */
export type NewInternalAccount = z.input<typeof newInternalAccount>;
