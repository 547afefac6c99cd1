import { describe, expect, test } from '@jest/globals';
import { explainFrends } from './frends.failure.ts';

const explain = (text: string, type = 'application/problem+json'): unknown =>
  explainFrends({ status: 400, headers: { 'content-type': type }, text });

describe('the errors of Frends', () => {
  test('problem details give their sentence and the id of the request', () => {
    const detail = 'Can not delete environment variable in use. \n MyProcess - 0.1.0 (Development)';
    const body = { title: 'Bad Request', status: 400, detail, traceId: '00-ab-cd-00' };
    expect(explain(JSON.stringify(body))).toMatchObject({
      message: detail,
      requestId: '00-ab-cd-00',
    });
  });

  test('refused parameters are named', () => {
    const body = {
      title: 'One or more validation errors occurred.',
      errors: { PageSize: ['The field PageSize must be between 1 and 200.'] },
    };
    expect(explain(JSON.stringify(body))).toMatchObject({
      message:
        'One or more validation errors occurred. PageSize: The field PageSize must be between 1 and 200.',
    });
  });

  test('an empty body and a web page say nothing', () => {
    expect(explain('')).toMatchObject({ message: null });
    expect(explain('<html>Forbidden</html>', 'text/html')).toMatchObject({ message: null });
  });
});
