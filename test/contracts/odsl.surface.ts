import { Caller, until } from './caller.ts';

/** Calls everything that the OpenDataDSL sandbox has at `url`, as its documents say it is called. */
export async function callOdsl(url: string): Promise<void> {
  const api = new Caller(`${url}/api`, { authorization: 'Bearer sandbox-token' });
  const statuses: number[] = [];
  const call: Caller['call'] = async (...request) => {
    const answer = await api.call(...request);
    statuses.push(answer.status);
    return answer;
  };
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'sandbox-client',
    client_secret: 'sandbox-secret',
  });
  await new Caller(url, { 'content-type': 'application/x-www-form-urlencoded' }).call(
    'POST',
    'sandbox-tenant/oauth2/v2.0/token',
    { body: new TextEncoder().encode(form.toString()) },
  );
  await call('GET', 'process');
  await call('GET', 'process/v1', { query: { _limit: '5', _skip: '5', _sort: '{"_id":1}' } });
  await call('GET', 'process/v1', { query: { _distinct: 'service' } });
  await call('GET', 'process/v1', { query: { _search: 'invoice', _project: 'name,service' } });
  const body = { _id: 'CONTRACT_TEST', name: 'Contract test', script: 'Nothing', enabled: true };
  await call('POST', 'process/v1', { query: { _reason: 'a test' }, body });
  await call('POST', 'process/v1', { body: { ...body, description: 'Second version' } });
  await call('GET', 'process/v1/CONTRACT_TEST');
  await call('GET', 'process/v1/CONTRACT_TEST/*');
  await call('PUT', 'process/v1/CONTRACT_TEST/1/PROD');
  await call('GET', 'process/v1/CONTRACT_TEST/PROD');
  await call('DELETE', 'process/v1/CONTRACT_TEST', { query: { _reason: 'back' } });
  await call('POST', 'process/v1', { body: { ...body, description: 'Third version' } });
  await call('DELETE', 'process/v1/CONTRACT_TEST/1');
  await call('PUT', 'process/v1/CONTRACT_TEST', { body: { _id: 'CONTRACT_TEST_2' } });
  const run = { name: 'CONTRACT_TEST_2', input: { durationMs: 1 } };
  await call('POST', 'process-exec/v1', { query: { _reason: 'a test', _delay: '1' }, body: run });
  const [execution] = await until(
    async () => {
      const query = { name: 'CONTRACT_TEST_2', trigger: 'manual', _sort: '-start', _limit: '5' };
      const answer = await api.call('GET', 'process-exec/v1', { query });
      return JSON.parse(answer.text) as Record<string, unknown>[];
    },
    ([found]) => found?.['status'] === 'success',
  );
  await call('GET', `process-exec/v1/${String(execution?.['_id'])}`);
  await call('DELETE', 'process/v1/CONTRACT_TEST_2/*');
  await call('GET', 'audit/v1/private', { query: { service: 'process', id: 'CONTRACT_TEST_2' } });
  const wrong = statuses.filter((status) => status !== 200);
  if (wrong.length > 0) throw new Error(`some calls were refused: ${wrong.join(', ')}`);
  const gone = await api.call('GET', 'process/v1/CONTRACT_TEST_2');
  if (gone.status !== 404) throw new Error('the process is still there');
}
