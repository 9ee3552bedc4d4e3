import { FinovaError } from '@finova/db-kit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BalanceRepository } from '../src/index.ts';
import { findImbalances, type LedgerTestDatabase, openLedgerTestDatabase } from './ledger-test-database.ts';

/** More with `FINOVA_PROPERTY_RUNS`. */
const RUNS = Number(process.env['FINOVA_PROPERTY_RUNS'] ?? 20);
const ACCOUNTS = 4;
const OVERDRAFT_MINOR = 50n;

interface Move {
  readonly from: number;
  readonly to: number;
  readonly amount: bigint;
}

type Command =
  | ({ readonly kind: 'post' | 'postTransfer' | 'hold' } & Move)
  | { readonly kind: 'batch'; readonly moves: readonly Move[] }
  | { readonly kind: 'capture' | 'void' | 'reverse'; readonly index: number; readonly part: number }
  | { readonly kind: 'freeze'; readonly index: number };

const account = fc.nat({ max: ACCOUNTS - 1 });
const move = fc.record({
  kind: fc.constantFrom('post' as const, 'postTransfer' as const, 'hold' as const),
  from: account,
  to: account,
  amount: fc.bigInt({ min: 1n, max: 120n }),
});
const batch = fc.record({
  kind: fc.constant('batch' as const),
  moves: fc.array(
    fc
      .record({
        from: account,
        step: fc.integer({ min: 1, max: ACCOUNTS - 1 }),
        amount: fc.bigInt({ min: 1n, max: 120n }),
      })
      .map(({ from, step, amount }) => ({ from, to: (from + step) % ACCOUNTS, amount })),
    { minLength: 1, maxLength: 12 },
  ),
});
const settle = fc.record({
  kind: fc.constantFrom('capture' as const, 'void' as const, 'reverse' as const),
  index: fc.nat({ max: 30 }),
  /** How many hundredths of a hold are captured; above 100, more than it holds. */
  part: fc.integer({ min: 1, max: 120 }),
});
/** Freezes an account, or lets it go again. */
const freeze = fc.record({ kind: fc.constant('freeze' as const), index: account });

/** The ledger in a few lines of TypeScript: what it must do, without how. */
class Model {
  readonly booked = Array.from({ length: ACCOUNTS }, () => 100n);
  readonly held = Array.from({ length: ACCOUNTS }, () => 0n);
  readonly frozen = Array.from({ length: ACCOUNTS }, () => false);

  available(index: number): bigint {
    return (this.booked[index] ?? 0n) - (this.held[index] ?? 0n);
  }

  canMove(from: number, to: number, amount: bigint): boolean {
    return from !== to && this.areActive(from, to) && this.available(from) - amount >= -OVERDRAFT_MINOR;
  }

  areActive(...accounts: readonly number[]): boolean {
    return accounts.every((index) => this.frozen[index] === false);
  }

  move(from: number, to: number, amount: bigint): void {
    this.booked[from] = (this.booked[from] ?? 0n) - amount;
    this.booked[to] = (this.booked[to] ?? 0n) + amount;
  }
}

describe('whatever is asked of the ledger', () => {
  let database: LedgerTestDatabase;

  beforeAll(async () => {
    database = await openLedgerTestDatabase();
  });
  afterAll(() => database?.close());

  it('agrees with a model of it, and its books balance', async () => {
    const seed = Date.now() % 2 ** 31;
    process.stderr.write(`ledger properties: seed ${seed}\n`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            { weight: 6, arbitrary: move },
            { weight: 2, arbitrary: batch },
            { weight: 3, arbitrary: settle },
            { weight: 1, arbitrary: freeze },
          ),
          { maxLength: 25 },
        ),
        async (commands) => {
          await follow(commands);
        },
      ),
      { seed, numRuns: RUNS, endOnFailure: true },
    );
    expect(await findImbalances(database.db)).toEqual([]);
    expect(await database.books.verify()).toEqual([]);
  });

  async function follow(commands: readonly Command[]): Promise<void> {
    const model = new Model();
    const ids: string[] = [];
    for (let index = 0; index < ACCOUNTS; index += 1) {
      const id = await database.openAccount({ overdraftLimitMinor: OVERDRAFT_MINOR });
      await database.fund(id, 100n);
      ids.push(id);
    }
    const posted: { id: string; from: number; to: number; amount: bigint; reversed: boolean }[] = [];
    const pending: { id: string; from: number; to: number; amount: bigint; open: boolean }[] = [];

    const transferOf = ({ from, to, amount }: Move) => ({
      debitAccountId: ids[from] ?? '',
      creditAccountId: ids[to] ?? '',
      currency: 'EUR',
      amountMinor: amount,
    });
    const { ledger, accounts } = database;

    for (const command of commands) {
      if ('from' in command) {
        const { kind, from, to, amount } = command;
        const transfers = [transferOf(command)];
        const answer = await refusable(() => {
          switch (kind) {
            case 'post':
              return ledger.post(database.nextKey(), { transfers });
            case 'postTransfer':
              return ledger.postTransfer(database.nextKey(), transferOf(command));
            case 'hold':
              return ledger.hold(database.nextKey(), { transfers, expiresAt: new Date(Date.now() + 3_600_000) });
          }
        });
        expect(answer !== undefined, `${kind} ${amount} from ${from} to ${to}`).toBe(model.canMove(from, to, amount));
        if (answer !== undefined && kind !== 'hold') {
          model.move(from, to, amount);
          posted.push({ id: answer.transactionId, from, to, amount, reversed: false });
        } else if (answer !== undefined) {
          model.held[from] = (model.held[from] ?? 0n) + amount;
          pending.push({ id: answer.transactionId, from, to, amount, open: true });
        }
      } else if (command.kind === 'batch') {
        const answers = await ledger.postBatch(database.nextKey(), { transfers: command.moves.map(transferOf) });
        for (const [index, move] of command.moves.entries()) {
          const { from, to, amount } = move;
          const transactionId = answers[index]?.transactionId;
          expect(transactionId !== undefined, `item ${index}: ${amount} from ${from} to ${to}`).toBe(
            model.canMove(from, to, amount),
          );
          if (transactionId !== undefined) {
            model.move(from, to, amount);
            posted.push({ id: transactionId, from, to, amount, reversed: false });
          }
        }
      } else if (command.kind === 'freeze') {
        const isFrozen = model.frozen[command.index] === true;
        await accounts.changeStatus(ids[command.index] ?? '', isFrozen ? 'active' : 'frozen', 'property');
        model.frozen[command.index] = !isFrozen;
      } else if (command.kind === 'reverse') {
        const target = posted[command.index % Math.max(1, posted.length)];
        if (target !== undefined) {
          const answer = await refusable(() => ledger.reverse(database.nextKey(), { transactionId: target.id }));
          expect(answer !== undefined, 'reverse').toBe(
            !target.reversed && model.canMove(target.to, target.from, target.amount),
          );
          if (answer !== undefined) {
            model.move(target.to, target.from, target.amount);
            target.reversed = true;
          }
        }
      } else {
        const target = pending[command.index % Math.max(1, pending.length)];
        if (target !== undefined) {
          const settlement = { pendingTransactionId: target.id };
          const amountMinor = 1n + (target.amount * BigInt(command.part)) / 100n;
          const isCapture = command.kind === 'capture';
          const answer = await refusable(() =>
            isCapture
              ? ledger.capture(database.nextKey(), { ...settlement, amountMinor })
              : ledger.voidPending(database.nextKey(), settlement),
          );
          const canCapture = amountMinor <= target.amount && model.areActive(target.from, target.to);
          expect(answer !== undefined, command.kind).toBe(target.open && (!isCapture || canCapture));
          if (answer !== undefined) {
            target.open = false;
            model.held[target.from] = (model.held[target.from] ?? 0n) - target.amount;
            if (isCapture) {
              model.move(target.from, target.to, amountMinor);
            }
          }
        }
      }
    }

    const balances = new BalanceRepository(database.db);
    for (const [index, id] of ids.entries()) {
      const balance = await balances.get(id);
      expect([balance?.bookedMinor, balance?.availableMinor]).toEqual([model.booked[index], model.available(index)]);
    }
  }

  /** `undefined` for a refusal that the ledger names; anything else it throws is a failure of the test. */
  async function refusable<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (thrown) {
      const isTransferToItself = thrown instanceof z.ZodError && /expected two accounts/.test(thrown.message);
      if (thrown instanceof FinovaError || isTransferToItself) {
        return undefined;
      }
      throw thrown;
    }
  }
});
