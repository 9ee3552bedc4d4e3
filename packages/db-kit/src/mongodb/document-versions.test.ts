import { describe, expect, expectTypeOf, it } from 'vitest';
import { DocumentVersions, UnknownSchemaVersionError } from './document-versions.ts';

interface Letter1 {
  readonly _id: string;
  readonly to: string;
  readonly schemaVersion: number;
}
interface Letter2 {
  readonly _id: string;
  readonly recipients: readonly string[];
  readonly schemaVersion: number;
}
interface Letter3 extends Letter2 {
  readonly isUrgent: boolean;
}

const versions = DocumentVersions.first<Letter1>()
  .next<Letter2>(({ to, ...letter }) => ({ ...letter, recipients: [to] }))
  .next<Letter3>((letter) => ({ ...letter, isUrgent: letter.recipients.includes('Anna') }));

describe('DocumentVersions', () => {
  it('brings a document of any version to the newest', () => {
    const newest = { _id: 'a', recipients: ['Anna'], isUrgent: true, schemaVersion: 3 };
    expect(versions.newest).toBe(3);
    expect(versions.toNewest({ _id: 'a', to: 'Anna', schemaVersion: 1 })).toEqual(newest);
    expect(versions.toNewest({ _id: 'a', recipients: ['Anna'], schemaVersion: 2 })).toEqual(newest);
    expect(versions.toNewest(newest)).toBe(newest);
  });

  it('leaves the document that it was given as it was', () => {
    const old = Object.freeze({ _id: 'a', to: 'Anna', schemaVersion: 1 });
    versions.toNewest(old);
    expect(old).toEqual({ _id: 'a', to: 'Anna', schemaVersion: 1 });
  });

  it.each([0, 4, 1.5, undefined, 'x'])('refuses version %s, which it does not know', (schemaVersion) => {
    expect(() => versions.toNewest({ _id: 'a', schemaVersion } as never)).toThrow(UnknownSchemaVersionError);
  });

  it('knows the types of every version', () => {
    expectTypeOf(versions.toNewest).returns.toEqualTypeOf<Letter3>();
    expectTypeOf(versions.toNewest).parameter(0).toEqualTypeOf<Letter1 | Letter2 | Letter3>();
    // @ts-expect-error: version 2 has no recipients without them.
    DocumentVersions.first<Letter1>().next<Letter2>(({ to: _, ...letter }) => letter);
  });
});
