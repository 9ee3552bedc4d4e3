import { InvalidDatabaseUrlError } from '@finova/db-kit';
import { describe, expect, test } from 'vitest';
import { domainVariable, engineVariable, redactUrl, urlFromEnvironment } from './domain-url.ts';

const VARIABLE = 'FINOVA_POSTGRES_URL';

describe('the variables', () => {
  test('are one per engine and one per domain', () => {
    expect(engineVariable('postgres')).toBe('FINOVA_POSTGRES_URL');
    expect(engineVariable('mongodb')).toBe('FINOVA_MONGODB_URL');
    expect(domainVariable('accounts-db')).toBe('FINOVA_ACCOUNTS_URL');
    expect(domainVariable('card-limits-db')).toBe('FINOVA_CARD_LIMITS_URL');
  });

  test('that are unset, empty or blank name no server', () => {
    for (const value of [undefined, '', '  ']) {
      expect(urlFromEnvironment(VARIABLE, 'postgres', { [VARIABLE]: value })).toBeUndefined();
    }
  });

  test.for([
    ['postgres', 'postgres://user@host/bank'],
    ['postgres', 'postgresql://user:p%40ss@[::1]:5432/bank?sslmode=require'],
    ['mongodb', 'mongodb+srv://cluster.example.net/'],
    ['mongodb', 'mongodb://user:pass@one:27017,two:27018,three/?replicaSet=rs0'],
  ] as const)('may hold a %s URL such as %s', ([engine, url]) => {
    expect(urlFromEnvironment(VARIABLE, engine, { [VARIABLE]: ` ${url} ` })).toEqual({ url, variable: VARIABLE });
  });

  test.for([
    ['postgres', 'host=localhost secret', 'something that is no URL'],
    ['postgres', 'postgresql://user:secret@host:port/bank', 'something that is no URL'],
    ['postgres', 'mongodb://user:secret@host/', 'one that starts with mongodb:'],
    ['mongodb', 'postgresql://user:secret@host/bank', 'one that starts with postgresql:'],
    ['postgres', 'postgresql:///secret', 'one without a host'],
    ['postgres', 'postgresql://user:secret%zz@host/bank', 'a percent sign that should be written %25'],
  ] as const)('are refused for %s when they hold %s', ([engine, url, found]) => {
    const attempt = () => urlFromEnvironment(VARIABLE, engine, { [VARIABLE]: url });

    expect(attempt).toThrow(InvalidDatabaseUrlError);
    expect(attempt).toThrow(`The database URL in ${VARIABLE} is not valid`);
    expect(attempt).toThrow(`found ${found}; correct ${VARIABLE}`);
    expect(attempt).not.toThrow(/secret/);
  });
});

describe('redactUrl', () => {
  test.for([
    ['postgresql://user:secret@host:5432/bank', 'postgresql://host:5432/bank'],
    ['postgresql://host/bank', 'postgresql://host/bank'],
    ['postgresql://user:sec/r@et@host/bank', 'postgresql://host/bank'],
    ['postgresql://host/bank?user=me&password=secret', 'postgresql://host/bank?user=me&password=***'],
    ['mongodb://user:secret@one,two/?replicaSet=rs0', 'mongodb://one,two/?replicaSet=rs0'],
    [
      'mongodb://host/?authMechanismProperties=AWS_SESSION_TOKEN:secret&tls=true',
      'mongodb://host/?authMechanismProperties=***&tls=true',
    ],
  ] as const)('turns %s into %s', ([url, redacted]) => {
    expect(redactUrl(url)).toBe(redacted);
  });
});
