import { AccountHolderRepository, type AccountsDatabase } from '@finova/accounts-db';
import {
  MovementRepository,
  type OutboxMessage,
  type TransactionMovement,
  type TransactionsDatabase,
} from '@finova/transactions-db';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { UnreadableMessageError } from '../errors.ts';
import type { AccountMovement } from './account-movement.ts';

/** The schemas that a relay reads from. */
export type LedgerDatabase = AccountsDatabase & TransactionsDatabase;

const KINDS = ['posted', 'pending', 'post', 'void', 'expire', 'reversal'] as const;

/** Any other field would be something that this version does not know to tell. */
const payload = z.strictObject({ transaction_id: z.string(), kind: z.enum(KINDS) });

/** What a message means for accounts, or why it cannot be read. */
export type ReadMessage =
  | { readonly message: OutboxMessage; readonly movements: readonly AccountMovement[] }
  | { readonly message: OutboxMessage; readonly error: UnreadableMessageError };

/**
 * Reads what messages tell about, in three statements for all of them. The same message always means the same, whenever
 * it is read: transactions never change, and holders are those of the day on which it was written.
 *
 * @returns one for each message, in their order.
 */
export async function readMovements(
  db: Kysely<LedgerDatabase>,
  messages: readonly OutboxMessage[],
): Promise<readonly ReadMessage[]> {
  const transactions = await new MovementRepository(db).ofTransactions(messages.map(({ key }) => key));
  const read = messages.map((message) => ({ message, changes: readChanges(message, transactions.get(message.key)) }));
  const questions = read.flatMap(({ message, changes }) =>
    changes instanceof UnreadableMessageError
      ? []
      : [...changes.keys()].map((accountId) => ({ accountId, at: message.createdAt })),
  );
  const held = await new AccountHolderRepository(db).heldAt(questions);
  let answered = 0;
  return read.map(({ message, changes }): ReadMessage => {
    if (changes instanceof UnreadableMessageError) {
      return { message, error: changes };
    }
    const accounts = held.slice(answered, answered + changes.size);
    answered += changes.size;
    const unknown = [...changes.keys()].find((_, index) => accounts[index] === undefined);
    if (unknown !== undefined) {
      return { message, error: new UnreadableMessageError(message, `there is no account ${unknown}`) };
    }
    const { kind } = message.payload as z.output<typeof payload>;
    const movements = accounts.flatMap((account): AccountMovement[] => {
      const netMinor = account === undefined ? 0n : (changes.get(account.accountId) ?? 0n);
      return account === undefined || netMinor === 0n
        ? []
        : [
            {
              topic: message.topic,
              transactionId: message.key,
              kind,
              accountId: account.accountId,
              accountName: account.name,
              currency: account.currency,
              minorUnitDigits: account.minorUnitDigits,
              netMinor,
              holderIds: account.holders.map(({ customerId }) => customerId),
            },
          ];
    });
    return { message, movements };
  });
}

/** What changes for each account, in minor units: credits less debits. */
function readChanges(
  message: OutboxMessage,
  movement: TransactionMovement | undefined,
): ReadonlyMap<string, bigint> | UnreadableMessageError {
  const { topic, key } = message;
  const body = payload.safeParse(message.payload);
  if (!body.success) {
    return new UnreadableMessageError(message, 'its payload is of another shape');
  }
  if (topic !== `transaction.${body.data.kind}` || key !== body.data.transaction_id) {
    return new UnreadableMessageError(message, 'its topic or key is not that of its payload');
  }
  if (movement === undefined || movement.kind !== body.data.kind || movement.transfers.length === 0) {
    return new UnreadableMessageError(message, 'there is no such transaction with transfers');
  }
  const changes = new Map<string, bigint>();
  const add = (accountId: string, amountMinor: bigint) =>
    changes.set(accountId, (changes.get(accountId) ?? 0n) + amountMinor);
  for (const { debitAccountId, creditAccountId, amountMinor } of movement.transfers) {
    add(debitAccountId, -amountMinor);
    add(creditAccountId, amountMinor);
  }
  return changes;
}
