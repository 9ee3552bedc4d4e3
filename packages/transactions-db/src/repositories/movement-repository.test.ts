import { newId } from '@finova/db-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import { useLedger } from '../../test/ledger-scenario.ts';
import { MovementRepository } from './movement-repository.ts';

describe('what transactions did', () => {
  const ledger = useLedger();
  let payer: string;
  let payee: string;

  beforeAll(async () => {
    [payer, payee] = [await ledger.funded(1_000n), await ledger.database.openAccount()];
  });

  const transfer = (amountMinor: bigint, [debitAccountId, creditAccountId] = [payer, payee]) => ({
    debitAccountId,
    creditAccountId,
    currency: 'EUR',
    amountMinor,
  });
  const movementOf = async (id: string) =>
    (await new MovementRepository(ledger.database.db).ofTransactions([id])).get(id);

  it('is told of postings and reversals by their own transfers', async () => {
    const posted = await ledger.post(payer, payee, 30n);
    const reversal = await ledger.database.ledger.reverse(ledger.database.nextKey(), {
      transactionId: posted.transactionId,
    });
    const found = await new MovementRepository(ledger.database.db).ofTransactions([
      reversal.transactionId,
      newId(),
      posted.transactionId,
    ]);
    expect(found.get(posted.transactionId)).toEqual({
      transactionId: posted.transactionId,
      kind: 'posted',
      transfers: [transfer(30n)],
    });
    expect(found.get(reversal.transactionId)?.transfers).toEqual([transfer(30n, [payee, payer])]);
    expect(found.size).toBe(2);
  });

  it('is told of holds and captures by what they hold and take', async () => {
    const held = await ledger.hold(payer, payee, 50n);
    const captured = await ledger.database.ledger.capture(ledger.database.nextKey(), {
      pendingTransactionId: held.transactionId,
      amountMinor: 20n,
    });
    expect(await movementOf(held.transactionId)).toMatchObject({ kind: 'pending', transfers: [transfer(50n)] });
    expect(await movementOf(captured.transactionId)).toMatchObject({ kind: 'post', transfers: [transfer(20n)] });
  });

  it('is told of what was given back by the hold that gave it back', async () => {
    const held = await ledger.hold(payer, payee, 70n);
    const voided = await ledger.database.ledger.voidPending(ledger.database.nextKey(), {
      pendingTransactionId: held.transactionId,
    });
    expect(await movementOf(voided.transactionId)).toMatchObject({ kind: 'void', transfers: [transfer(70n)] });
  });
});
