import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { connect } from 'node:net';
import type { Problem } from '../../src/http/problem.ts';
import { archive, ArchiveStage, connection, smoke, zip } from '../support/archive-stage.ts';
import { eventually } from '../support/eventually.ts';
import { type FormPart, sendBody, sendForm } from '../support/form.ts';
import { Stage } from '../support/gateway.ts';
import { list, send } from '../support/http.ts';
import { sendRaw } from '../support/raw-http.ts';

jest.setTimeout(120_000);

const megabyte = 1_024 ** 2;
const concord = new ArchiveStage();

const places = ({ body }: { body: Problem }): string[] =>
  (body['errors'] as { at: string }[]).map(({ at }) => at);

describe('a start with files is refused, and nothing of it is kept or sent,', () => {
  let before: number;
  beforeEach(() => {
    before = concord.starts();
  });
  afterEach(() => {
    expect(concord.starts()).toBe(before);
    expect(concord.kept()).toEqual([]);
  });

  it('when it does not say of what', async () => {
    const answer = await concord.refused([archive]);
    expect([answer.status, answer.body.outcome, places(answer)]).toEqual([
      400,
      'not_sent',
      ['process'],
    ]);
    expect(answer.body.detail).toMatch(/connection/);
  });

  it('when the archive is no ZIP', async () => {
    const answer = await concord.refused([connection, ['archive', Buffer.from('<html>'), 'a.zip']]);
    expect([answer.status, answer.body.code, places(answer)]).toEqual([
      422,
      'invalid_file',
      ['archive'],
    ]);
  });

  it('when it is said to be a ZIP and is nothing', async () => {
    const nothing = await sendBody<Problem>(
      concord.gateway,
      '/v1/runs?connection=concord',
      new Uint8Array(0),
      { 'content-type': 'application/zip' },
    );
    expect([nothing.status, places(nothing)]).toEqual([422, ['archive']]);
  });

  it('when its request is no JSON', async () => {
    const answer = await concord.refused([connection, archive, ['request', '{"arguments": }']]);
    expect([answer.status, places(answer)]).toEqual([400, ['request']]);
  });

  it('when a file would leave its folder', async () => {
    const answer = await concord.refused([connection, archive, ['../x', Buffer.from('x'), 'x']]);
    expect([answer.status, answer.body.code, places(answer)]).toEqual([
      422,
      'invalid_file',
      ['../x'],
    ]);
  });

  it('when it has too many parts', async () => {
    const many = Array.from({ length: 101 }, (_, at): FormPart => [`p${at}`, 'x']);
    expect((await concord.refused(many)).status).toBe(413);
  });

  it('when it is too large, however long it is said to be', async () => {
    const small = await concord.stage.gateway({ config: { files: { maxBytes: '1MB' } } });
    const large = Buffer.concat([zip, Buffer.alloc(8 * megabyte)]);
    const known = await sendForm<Problem>(small, '/v1/runs', [connection, ['archive', large, 'a']]);
    expect([known.status, known.body.code]).toEqual([413, 'too_large']);
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const head =
      'POST /v1/runs?connection=concord HTTP/1.1\r\nHost: a\r\nContent-Type: application/zip\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
    const endless = `${head}6\r\nPK\u0003\u0004xx\r\n${chunk.repeat(40)}`;
    const unknown = await sendRaw<Problem>(small, endless);
    expect([unknown.status, unknown.body.code]).toEqual([413, 'too_large']);
  });

  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded'])(
    'when it is %s',
    async (type) => {
      const { status, body } = await send(concord.gateway, 'post', '/v1/runs', {
        headers: { 'content-type': type },
        body: type.endsWith('json') ? '{"connection": "concord"}' : 'connection=concord',
      });
      expect([status, body.code]).toEqual([415, 'unsupported_media_type']);
    },
  );

  it('when it has no body', async () => {
    const { status, body } = await send(concord.gateway, 'post', '/v1/runs?connection=concord');
    expect([status, body.code]).toEqual([415, 'unsupported_media_type']);
  });

  it('when it is broken off', async () => {
    const head = `POST /v1/runs HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 170\r\nConnection: close\r\n\r\n`;
    const form = `--b\r\nContent-Disposition: form-data; name="archive"; filename="a"\r\n\r\nPK\u0003\u0004`;
    const answer = await sendRaw<Problem>(concord.gateway, head + form.padEnd(170, 'x'));
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  });

  it('when its caller hangs up', async () => {
    const head = `POST /v1/runs?connection=concord HTTP/1.1\r\nHost: a\r\nContent-Type: application/zip\r\nContent-Length: 100000\r\n\r\nPK\u0003\u0004`;
    const { hostname, port } = new URL(concord.gateway.baseUrl);
    const socket = connect(Number(port), hostname, () => socket.write(head + 'x'.repeat(50_000)));
    await eventually(() => {
      expect(concord.kept()).toHaveLength(1);
    });
    socket.destroy();
    await eventually(() => {
      expect(concord.kept()).toEqual([]);
    });
  });

  it('by platforms that take no files, before they are asked anything', async () => {
    const quiet = await Stage.open();
    try {
      // Without a worker nobody asks anything but this.
      const alone = await quiet.gateway();
      await list(alone);
      quiet.forget();
      for (const platform of ['uipath', 'odsl', 'frends']) {
        const parts: FormPart[] = [['connection', platform], archive];
        for (const { status, body } of [
          await sendForm<Problem>(alone, '/v1/runs', parts),
          await sendForm<Problem>(alone, `/v1/runs?connection=${platform}`, [archive]),
          await sendForm<Problem>(alone, '/v1/runs', [['process', `${platform}:ANY`], archive]),
        ]) {
          expect([status, body.code, body.connection]).toEqual([
            501,
            'capability_not_supported',
            platform,
          ]);
        }
      }
      expect(quiet.requestCount()).toBe(0);
    } finally {
      await quiet.close();
    }
  });

  it('of what there is not', async () => {
    expect((await concord.refused([['connection', 'nowhere'], archive])).status).toBe(404);
    expect((await concord.refused([['process', 'nowhere:x'], archive])).status).toBe(404);
    expect(
      (await concord.refused([['process', 'concord:Default:nope:main:main'], archive])).status,
    ).toBe(404);
  });

  it('when the project takes no archives, naming the setting', async () => {
    const finance: FormPart = ['process', 'concord:Finance:finance-automation:main:'];
    const { status, body } = await concord.refused([finance, archive], { prefer: 'wait=30' });
    expect([status, body.code, body.outcome]).toEqual([422, 'upstream_rejected', 'not_sent']);
    expect(body.detail).toMatch(/rawPayloadMode/);
  });

  it('without a key where one is needed', async () => {
    const strict = await concord.stage.gateway({
      config: { runs: { requireIdempotencyKey: true } },
    });
    const answer = await sendForm<Problem>(strict, '/v1/runs', [connection, archive]);
    expect([answer.status, places(answer)]).toEqual([400, ['Idempotency-Key']]);
  });
});

describe('forms', () => {
  it('are for this route alone', async () => {
    const elsewhere = await sendForm<Problem>(
      concord.gateway,
      `/v1/processes/${encodeURIComponent(smoke)}/runs`,
      [archive],
    );
    expect([elsewhere.status, elsewhere.body.code]).toEqual([415, 'unsupported_media_type']);
    expect((await sendForm<Problem>(concord.gateway, '/v1/nowhere', [archive])).status).toBe(404);
  });
});
