import { FinovaError } from '@finova/db-kit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  readonly currency: 'EUR' | 'USD';
}

type Command =
  | { readonly kind: 'post' | 'hold' | 'batch'; readonly moves: readonly Move[] }
  | { readonly kind: 'postTransfer'; readonly moves: readonly [Move] }
  | { readonly kind: 'capture' | 'void' | 'reverse'; readonly index: number; readonly part: number }
  | { readonly kind: 'freeze'; readonly index: number };

const account = fc.nat({ max: ACCOUNTS - 1 });
const move: fc.Arbitrary<Move> = fc
  .record({
    from: account,
    step: fc.integer({ min: 1, max: ACCOUNTS - 1 }),
    amount: fc.bigInt({ min: 1n, max: 120n }),
    /** All accounts are in EUR. */
    currency: fc.oneof(
      { weight: 12, arbitrary: fc.constant('EUR' as const) },
      { weight: 1, arbitrary: fc.constant('USD' as const) },
    ),
  })
  .map(({ step, ...rest }) => ({ ...rest, to: (rest.from + step) % ACCOUNTS }));
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('postTransfer' as const), moves: fc.tuple(move) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('post' as const, 'hold' as const),
      moves: fc.oneof(fc.tuple(move), fc.array(move, { minLength: 1, maxLength: 4 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('batch' as const),
      moves: fc.array(move, { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('capture' as const, 'void' as const, 'reverse' as const),
      index: fc.nat({ max: 30 }),
      /** How many hundredths of a hold of one transfer are captured; above 100, more than it holds. */
      part: fc.integer({ min: 1, max: 120 }),
    }),
  },
  /** Freezes an account, or lets it go again. */
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('freeze' as const), index: account }) },
);

/** The ledger in a few lines of TypeScript: what it must do, without how. */
class Model {
  readonly booked = Array.from({ length: ACCOUNTS }, () => 100n);
  readonly held = Array.from({ length: ACCOUNTS }, () => 0n);
  readonly frozen = Array.from({ length: ACCOUNTS }, () => false);

  available(index: number): bigint {
    return (this.booked[index] ?? 0n) - (this.held[index] ?? 0n);
  }

  /** Together or not at all: what one brings, another may take. */
  canPost(moves: readonly Move[]): boolean {
    return this.canTake(moves, (index) => this.available(index) + sum(moves, 'to', index) - sum(moves, 'from', index));
  }

  /** What is held for an account is not there before it is captured. */
  canHold(moves: readonly Move[]): boolean {
    return this.canTake(moves, (index) => this.available(index) - sum(moves, 'from', index));
  }

  areActive(moves: readonly Move[]): boolean {
    return moves.every(({ from, to }) => this.frozen[from] === false && this.frozen[to] === false);
  }

  post(moves: readonly Move[]): void {
    for (const { from, to, amount } of moves) {
      this.booked[from] = (this.booked[from] ?? 0n) - amount;
      this.booked[to] = (this.booked[to] ?? 0n) + amount;
    }
  }

  hold(moves: readonly Move[], sign: 1n | -1n): void {
    for (const { from, amount } of moves) {
      this.held[from] = (this.held[from] ?? 0n) + sign * amount;
    }
  }

  private canTake(moves: readonly Move[], availableAfter: (index: number) => bigint): boolean {
    return (
      this.areActive(moves) &&
      moves.every(({ from, currency }) => currency === 'EUR' && availableAfter(from) >= -OVERDRAFT_MINOR)
    );
  }
}

function sum(moves: readonly Move[], side: 'from' | 'to', account: number): bigint {
  return moves.reduce((total, move) => (move[side] === account ? total + move.amount : total), 0n);
}

const opposite = (move: Move): Move => ({ ...move, from: move.to, to: move.from });

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
      fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
        await follow(commands);
      }),
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
    const posted: { id: string; moves: readonly Move[]; isReversed: boolean }[] = [];
    const pending: { id: string; moves: readonly Move[]; isOpen: boolean }[] = [];

    const transferOf = ({ from, to, amount, currency }: Move) => ({
      debitAccountId: ids[from] ?? '',
      creditAccountId: ids[to] ?? '',
      currency,
      amountMinor: amount,
    });
    const { ledger, accounts } = database;
    const post = (answer: { readonly transactionId?: string | undefined } | undefined, moves: readonly Move[]) => {
      expect(answer?.transactionId !== undefined, `post ${describeMoves(moves)}`).toBe(model.canPost(moves));
      if (answer?.transactionId !== undefined) {
        model.post(moves);
        posted.push({ id: answer.transactionId, moves, isReversed: false });
      }
    };

    for (const command of commands) {
      switch (command.kind) {
        case 'post': {
          const transfers = command.moves.map(transferOf);
          post(await refusable(() => ledger.post(database.nextKey(), { transfers })), command.moves);
          break;
        }
        case 'postTransfer': {
          const transfer = transferOf(command.moves[0]);
          post(await refusable(() => ledger.postTransfer(database.nextKey(), transfer)), command.moves);
          break;
        }
        case 'batch': {
          const answers = await ledger.postBatch(database.nextKey(), { transfers: command.moves.map(transferOf) });
          for (const [index, move] of command.moves.entries()) {
            post(answers[index], [move]);
          }
          break;
        }
        case 'hold': {
          const { moves } = command;
          const input = { transfers: moves.map(transferOf), expiresAt: new Date(Date.now() + 3_600_000) };
          const answer = await refusable(() => ledger.hold(database.nextKey(), input));
          expect(answer !== undefined, `hold ${describeMoves(moves)}`).toBe(model.canHold(moves));
          if (answer !== undefined) {
            model.hold(moves, 1n);
            pending.push({ id: answer.transactionId, moves, isOpen: true });
          }
          break;
        }
        case 'freeze': {
          const isFrozen = model.frozen[command.index] === true;
          await accounts.changeStatus(ids[command.index] ?? '', isFrozen ? 'active' : 'frozen', 'property');
          model.frozen[command.index] = !isFrozen;
          break;
        }
        case 'reverse': {
          const target = posted[command.index % Math.max(1, posted.length)];
          if (target !== undefined) {
            const back = target.moves.map(opposite);
            const answer = await refusable(() => ledger.reverse(database.nextKey(), { transactionId: target.id }));
            expect(answer !== undefined, `reverse ${describeMoves(target.moves)}`).toBe(
              !target.isReversed && model.canPost(back),
            );
            if (answer !== undefined) {
              model.post(back);
              target.isReversed = true;
            }
          }
          break;
        }
        case 'capture':
        case 'void': {
          const target = pending[command.index % Math.max(1, pending.length)];
          if (target !== undefined) {
            const isCapture = command.kind === 'capture';
            const settlement = { pendingTransactionId: target.id };
            const taken = capturedOf(target.moves, command.part);
            const amount = taken.length === 1 ? { amountMinor: taken[0]?.amount } : {};
            const answer = await refusable(() =>
              isCapture
                ? ledger.capture(database.nextKey(), { ...settlement, ...amount })
                : ledger.voidPending(database.nextKey(), settlement),
            );
            const isWithin = taken.every((move, index) => move.amount <= (target.moves[index]?.amount ?? 0n));
            expect(answer !== undefined, `${command.kind} ${describeMoves(taken)}`).toBe(
              target.isOpen && (!isCapture || (isWithin && model.areActive(taken))),
            );
            if (answer !== undefined) {
              target.isOpen = false;
              model.hold(target.moves, -1n);
              if (isCapture) {
                model.post(taken);
              }
            }
          }
          break;
        }
      }
    }

    const balances = new BalanceRepository(database.db);
    for (const [index, id] of ids.entries()) {
      const balance = await balances.get(id);
      expect([balance?.bookedMinor, balance?.availableMinor]).toEqual([model.booked[index], model.available(index)]);
    }
  }

  /** A part of a hold of one transfer; several are captured as they are. */
  function capturedOf(moves: readonly Move[], part: number): readonly Move[] {
    return moves.length === 1
      ? moves.map((move) => ({ ...move, amount: 1n + (move.amount * BigInt(part)) / 100n }))
      : moves;
  }

  function describeMoves(moves: readonly Move[]): string {
    return moves.map(({ from, to, amount, currency }) => `${amount} ${currency} from ${from} to ${to}`).join(', ');
  }

  /** `undefined` for a refusal that the ledger names; anything else it throws is a failure of the test. */
  async function refusable<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (thrown) {
      if (thrown instanceof FinovaError) {
        return undefined;
      }
      throw thrown;
    }
  }
});
