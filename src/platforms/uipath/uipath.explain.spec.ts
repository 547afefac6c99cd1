import { describe, expect, test } from '@jest/globals';
import { explainUipath } from './uipath.explain.ts';

const explain = (text: string, type = 'application/json'): unknown =>
  explainUipath({ status: 400, headers: { 'content-type': type }, text });

describe('the errors of UiPath', () => {
  test.each([
    { message: 'A folder is required for this action.', errorCode: 1101, traceId: '00-ab-01-00' },
    { Message: 'A folder is required for this action.', ErrorCode: 1101, TraceId: '00-ab-01-00' },
  ])('are read in either case: %j', (body) => {
    expect(explain(JSON.stringify(body))).toEqual({
      code: '1101',
      message: 'A folder is required for this action.',
      requestId: '00-ab-01-00',
    });
  });

  test('are read from problem details', () => {
    const body = { type: 'about:blank', title: 'Bad Request', status: 400, traceId: '00-cd-02-00' };
    expect(explain(JSON.stringify(body), 'application/problem+json')).toMatchObject({
      message: 'Bad Request',
      requestId: '00-cd-02-00',
    });
  });

  test('are read from OData and from the sign-in of own installations', () => {
    const odata = { error: { code: '', message: 'The query specified in the URI is not valid.' } };
    expect(explain(JSON.stringify(odata))).toMatchObject({
      message: 'The query specified in the URI is not valid.',
    });
    const signIn = { success: false, error: { code: 0, message: 'Login failed!' }, __abp: true };
    expect(explain(JSON.stringify(signIn))).toMatchObject({ code: '0', message: 'Login failed!' });
  });

  test('are read from OAuth', () => {
    expect(explain('{"error":"invalid_scope"}')).toMatchObject({ code: 'invalid_scope' });
  });

  test('may be plain text, but never a web page', () => {
    expect(explain('release must not be null', 'text/plain')).toEqual({
      message: 'release must not be null',
    });
    expect(explain('<html>Bad gateway</html>', 'text/html')).toEqual({ message: null });
    expect(explain('')).toEqual({ message: null });
  });
});
