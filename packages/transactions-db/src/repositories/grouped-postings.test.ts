import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../test/ledger-scenario.ts';
import { IdempotencyConflictError, PostingQueueFullError } from '../errors.ts';
import { GroupedPostings, type GroupedPostingsOptions, type GroupedTransferInput } from './grouped-postings.ts';
import { LedgerRepository } from './ledger-repository.ts';

describe('postings of many callers', () => {
  const ledgerTest = useLedger();
  const { transfer, funded, balanceOf } = ledgerTest;

  /** Grouped postings, and the sizes of the groups that they were sent in. */
  const grouped = (options?: GroupedPostingsOptions) => {
    const sizes: number[] = [];
    class CountingLedger extends LedgerRepository {
      override postBatch(...[key, input]: Parameters<LedgerRepository['postBatch']>) {
        sizes.push(input.transfers.length);
        return super.postBatch(key, input);
      }
    }
    return { postings: new GroupedPostings(new CountingLedger(ledgerTest.database.db), options), sizes };
  };
  const repeat = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index));

  it('go together, and each becomes a transaction of its own, in the order of the calls', async () => {
    const { postings, sizes } = grouped();
    const [payer, payee] = [await funded(55n), await ledgerTest.database.openAccount()];
    const answers = await Promise.all(
      repeat(10, (index) => postings.post(ledgerTest.database.nextKey(), transfer(payer, payee, BigInt(index + 1)))),
    );
    expect(sizes).toEqual([10]);
    expect(new Set(answers.map(({ transactionId }) => transactionId)).size).toBe(10);
    const { rows } = await sql<{ id: string }>`
      SELECT transaction_id AS id FROM transactions.entries WHERE account_id = ${payee} ORDER BY account_version`.execute(
      ledgerTest.database.db,
    );
    expect(rows.map(({ id }) => id)).toEqual(answers.map(({ transactionId }) => transactionId));
    expect(await balanceOf(payee)).toEqual([55n, 55n]);
  });

  it('wait for nobody: who comes alone is sent alone, who comes meanwhile goes with the next group', async () => {
    const { postings, sizes } = grouped({ maxGroups: 1 });
    const payee = await ledgerTest.database.openAccount();
    const post = () => postings.post(ledgerTest.database.nextKey(), transfer(ledgerTest.database.clearing, payee, 1n));
    const first = post();
    await new Promise((resolve) => setImmediate(resolve));
    const later = repeat(5, post);
    await first;
    await Promise.all(later);
    await post();
    expect(sizes).toEqual([1, 5, 1]);
  });

  it('go in groups no larger than asked, of one scope each', async () => {
    const { postings, sizes } = grouped({ maxGroupSize: 3, maxGroups: 2 });
    const payee = await ledgerTest.database.openAccount();
    const scopes = ['one', 'two', 'one', 'one', 'one', 'two', 'one'];
    await Promise.all(
      scopes.map((scope, index) =>
        postings.post({ scope, key: `scoped ${index}` }, transfer(ledgerTest.database.clearing, payee, 1n)),
      ),
    );
    expect(sizes.toSorted()).toEqual([2, 2, 3]);
    expect(await balanceOf(payee)).toEqual([7n, 7n]);
  });

  it('that are refused are told so, and the others of the group are posted', async () => {
    const { postings } = grouped();
    const [payer, payee] = [await funded(10n), await ledgerTest.database.openAccount()];
    const frozen = await ledgerTest.database.openAccount();
    await ledgerTest.database.accounts.changeStatus(frozen, 'frozen', 'test');
    const answers = await Promise.all(
      [
        transfer(payer, payee, 8n),
        transfer(payer, payee, 3n),
        transfer(payer, frozen, 1n),
        transfer(payer, payee, 2n),
      ].map((item) => postings.post(ledgerTest.database.nextKey(), item)),
    );
    expect(answers.map(({ refusal }) => refusal)).toEqual([
      undefined,
      'insufficient_funds',
      'account_not_active',
      undefined,
    ]);
    expect(await balanceOf(payer)).toEqual([0n, 0n]);
  });

  it('that are malformed are refused by themselves, before anything is sent', async () => {
    const { postings, sizes } = grouped();
    const [payer, payee] = [await funded(1n), await ledgerTest.database.openAccount()];
    const key = ledgerTest.database.nextKey;
    const answers = await Promise.allSettled([
      postings.post(key(), transfer(payer, payee, 0n)),
      postings.post(key(), transfer(payer, payer, 1n)),
      postings.post({ scope: '', key: 'x' }, transfer(payer, payee, 1n)),
      postings.post({ scope: 'tests', key: 'a\0b' }, transfer(payer, payee, 1n)),
      postings.post(key(), { ...transfer(payer, payee, 1n), description: 'a\0b' }),
      postings.post(key(), { ...transfer(payer, payee, 1n), amountMinor: 0.5 } as unknown as GroupedTransferInput),
      postings.post(key(), transfer(payer, payee, 1n)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([...repeat(6, () => 'rejected'), 'fulfilled']);
    expect(sizes).toEqual([1]);
  });

  it('with the same key, 50 at once, happen once', async () => {
    const { postings } = grouped();
    const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
    const key = ledgerTest.database.nextKey();
    const answers = await Promise.all(repeat(50, () => postings.post(key, transfer(payer, payee, 7n))));
    expect(new Set(answers.map(({ transactionId }) => transactionId)).size).toBe(1);
    expect(await balanceOf(payer)).toEqual([93n, 93n]);
    expect(await postings.post(key, transfer(payer, payee, 8n))).toEqual({ refusal: 'idempotency_conflict' });
    await expect(ledgerTest.database.ledger.post(key, { transfers: [transfer(payer, payee, 7n)] })).rejects.toThrow(
      IdempotencyConflictError,
    );
  });

  it('with one key for different transfers, from services that share no account, leave the others of their groups alone', async () => {
    const services = [grouped().postings, grouped().postings];
    for (let round = 0; round < 10; round += 1) {
      const shared = ledgerTest.database.nextKey();
      const answers = await Promise.all(
        services.map(async (service) => {
          const [payer, payee] = [await funded(2n), await ledgerTest.database.openAccount()];
          return Promise.all([
            service.post(shared, transfer(payer, payee, 1n)),
            service.post(ledgerTest.database.nextKey(), transfer(payer, payee, 1n)),
          ]);
        }),
      );
      const refusals = answers.map((ofService) => ofService.map(({ refusal }) => refusal));
      expect(refusals.map(([ofShared]) => ofShared).toSorted()).toEqual(['idempotency_conflict', undefined]);
      expect(refusals.map(([, ofOther]) => ofOther)).toEqual([undefined, undefined]);
    }
  });

  it('that a connection takes with it fail together; posted again, they are answered with what they became', async () => {
    const [payer, payee] = [await funded(10n), await ledgerTest.database.openAccount()];
    const requests = repeat(5, () => [ledgerTest.database.nextKey(), transfer(payer, payee, 2n)] as const);
    let breaks = true;
    class BreakingLedger extends LedgerRepository {
      override async postBatch(...parameters: Parameters<LedgerRepository['postBatch']>) {
        const answers = await super.postBatch(...parameters);
        if (breaks) {
          throw new Error('Connection terminated unexpectedly');
        }
        return answers;
      }
    }
    const postings = new GroupedPostings(new BreakingLedger(ledgerTest.database.db));
    const post = () => Promise.allSettled(requests.map(([key, item]) => postings.post(key, item)));
    expect((await post()).map(({ status }) => status)).toEqual(repeat(5, () => 'rejected'));
    breaks = false;
    const again = await post();
    expect(again.map(({ status }) => status)).toEqual(repeat(5, () => 'fulfilled'));
    expect(await post()).toEqual(again);
    expect(await balanceOf(payer)).toEqual([0n, 0n]);
  });

  it('are refused when too many wait', async () => {
    const { postings } = grouped({ maxWaiting: 2 });
    const payee = await ledgerTest.database.openAccount();
    const answers = await Promise.allSettled(
      repeat(3, () => postings.post(ledgerTest.database.nextKey(), transfer(ledgerTest.database.clearing, payee, 1n))),
    );
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(answers[2]).toMatchObject({ reason: expect.any(PostingQueueFullError) });
    expect(await balanceOf(payee)).toEqual([2n, 2n]);
  });

  it('end as the same requests one by one, whatever they are and however they are repeated', async () => {
    const { openAccount, ledger } = ledgerTest.database;
    const request = fc.record({
      key: fc.integer({ min: 0, max: 8 }),
      from: fc.integer({ min: 0, max: 2 }),
      step: fc.integer({ min: 1, max: 2 }),
      amountMinor: fc.bigInt({ min: 1n, max: 12n }),
    });
    const options = fc.record({ maxGroupSize: fc.integer({ min: 1, max: 4 }), maxGroups: fc.constant(1) });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 20 }), options, async (requests, given) => {
        round += 1;
        const open = () => Promise.all(repeat(3, () => openAccount({ overdraftLimitMinor: 15n })));
        const ask = (accounts: readonly string[], name: string) =>
          requests.map(({ key, from, step, amountMinor }) => ({
            key: { scope: `${name} ${round}`, key: String(key) },
            item: transfer(accounts[from] ?? '', accounts[(from + step) % 3] ?? '', amountMinor),
          }));
        const [together, alone] = [await open(), await open()];
        const postings = new GroupedPostings(ledger, given);
        const answers = await Promise.all(ask(together, 'grouped').map(({ key, item }) => postings.post(key, item)));
        const expected = [];
        for (const { key, item } of ask(alone, 'alone')) {
          const batchKey = ledgerTest.database.nextKey().key;
          expected.push(
            ...(await ledger.postBatch(
              { scope: key.scope, key: batchKey },
              { transfers: [{ ...item, key: key.key }] },
            )),
          );
        }
        expect(await Promise.all(together.map(balanceOf))).toEqual(await Promise.all(alone.map(balanceOf)));
        expect(answers.map(({ refusal }) => refusal)).toEqual(expected.map(({ refusal }) => refusal));
      }),
      { numRuns: 15 },
    );
  });
});
