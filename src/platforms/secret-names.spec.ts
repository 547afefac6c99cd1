import { describe, expect, test } from '@jest/globals';
import { isSecretName } from './secret-names.ts';

describe('secrets by the names of members', () => {
  test.each([
    ...[
      'password',
      'dbPassword',
      'DB_PASSWORD',
      'db.password',
      'proxy-passwd',
      'pwd',
      'passphrase',
    ],
    ...[
      'secret',
      'clientSecret',
      'client_secret',
      'secretValue',
      'token',
      'accessToken',
      'SASToken',
    ],
    ...['apiKey', 'api_key', 'APIKey', 'apikey', 'x-odsl-key', 'accountKey', 'privateKey', 'key'],
    ...['credentials', 'Authorization', 'connectionString', 'sas', 'sharedAccessSignature'],
  ])('stand in a member called %s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  test.each([
    ...['name', 'url', 'batchSize', 'owner', 'description', 'primaryKey', 'sortKey', 'keyColumn'],
    ...['monkey', 'tokenUrl', 'tokenEndpoint', 'pinned', 'authorName', 'passengers', '', 'input'],
  ])('do not stand in a member called %s', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});
