import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

/** Bare node:http: the same bytes with the same ETag, from memory. */
const body = readFileSync(process.env['BODY'] ?? '');
const etag = 'W/"the-same-bytes"';

createServer((request, response) => {
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag }).end();
    return;
  }
  response
    .writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': body.length,
      etag,
    })
    .end(body);
}).listen(Number(process.env['PORT']), '127.0.0.1');
