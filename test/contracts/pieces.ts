import type { Operation, Parameter, RequestBody, Schema } from '../support/openapi.ts';

/** What calls that a document lacks are written with. */
export const text: Schema = { type: 'string' };
export const guid: Schema = { type: 'string', format: 'uuid' };
export const number: Schema = { type: 'integer', format: 'int64' };

export function inPath(name: string, schema: Schema): Parameter {
  return { name, in: 'path', required: true, schema };
}

export function inQuery(name: string, schema: Schema): Parameter {
  return { name, in: 'query', schema };
}

export function json(schema: Schema): RequestBody {
  return { required: true, content: { 'application/json': { schema } } };
}

export function form(schema: Schema): RequestBody {
  return { required: true, content: { 'application/x-www-form-urlencoded': { schema } } };
}

/** The one answer of a call: JSON, with this status. */
export function answer(status: string, schema: Schema): Operation['responses'] {
  return { [status]: { content: { 'application/json': { schema } } } };
}
