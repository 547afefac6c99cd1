import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import {
  isProblemCode,
  isRetryable,
  NotFoundError,
  type ProblemCode,
  problems,
} from '../domain/errors.ts';
import { advice } from './problem-advice.ts';

/** A page about each error code: what a problem's `type` opens. */
@ApiExcludeController()
@Controller('docs/problems')
export class ProblemPagesController {
  @Get()
  index(@Res() reply: FastifyReply): void {
    const rows = Object.keys(problems).map(
      (code) => `<li><a href="/docs/problems/${code}">${code}</a></li>`,
    );
    send(reply, 'Errors of the gateway', `<ul>${rows.join('')}</ul>`);
  }

  @Get(':code')
  page(@Param('code') code: string, @Res() reply: FastifyReply): void {
    if (!isCode(code)) throw new NotFoundError('There is no error of this name.');
    const { status, title } = problems[code];
    const again = isRetryable(code)
      ? 'The same request can succeed later, unless the problem says <code>"retryable": false</code>.'
      : 'The same request will fail again, unless the problem says <code>"retryable": true</code>.';
    send(reply, code, `<p>HTTP ${status}: ${title}.</p><p>${advice[code]}</p><p>${again}</p>`);
  }
}

function isCode(code: string): code is ProblemCode {
  return isProblemCode(code);
}

function send(reply: FastifyReply, title: string, content: string): void {
  void reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    .send(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>` +
        '<style>body{font:16px/1.5 system-ui;max-width:40em;margin:3em auto;padding:0 1em}</style>' +
        `<h1>${title}</h1>${content}<p><a href="/docs/problems">All errors</a></p></html>`,
    );
}
