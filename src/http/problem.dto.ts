import {
  ApiProperty,
  ApiPropertyOptional,
  type ApiPropertyOptions,
  ApiSchema,
  getSchemaPath,
} from '@nestjs/swagger';
import { type Outcome, type ProblemCode, problems } from '../domain/errors.ts';
import { shown } from '../platforms/examples.ts';
import { link } from './links.ts';

const { connection } = shown('answersEveryRoute');
const missing = `${connection}:Nothing`;

/** Things that each have an id, and what else their platform tells of them. */
const rows = {
  type: 'array',
  items: {
    type: 'object',
    properties: { id: { type: 'string' }, name: { type: 'string', nullable: true } },
    additionalProperties: true,
  },
} satisfies ApiPropertyOptions;

/** What an upstream said when it failed. */
@ApiSchema({ name: 'UpstreamFailure' })
export class UpstreamFailureDto {
  /** Its HTTP status; null when there was no answer. @example 503 */
  status!: number | null;
  /** Its own error code. @example "1004" */
  code!: string | null;
  /** Its own words. @example "The service is under maintenance." */
  message!: string | null;
  /** Its id of the request, for its support. @example "00-4bf92f3577b34da6a3ce929d0e0e4736-00" */
  requestId!: string | null;
}

/** One field that is wrong. */
@ApiSchema({ name: 'FieldError' })
export class FieldErrorDto {
  /** Which field. @example "limit" */
  at!: string;
  /** What is wrong with it. @example "must not be greater than 200" */
  message!: string;
}

/** Every error, as RFC 9457 writes it. */
@ApiSchema({ name: 'Problem' })
export class ProblemDto {
  /** A page about the code. @example "/docs/problems/not_found" */
  type!: string;
  /** What kind of error it is. @example "There is no such thing" */
  title!: string;
  /** The HTTP status. @example 404 */
  status!: number;
  /** What happened this time, and what to do. */
  @ApiProperty({ example: `There is no process "${missing}".` })
  detail!: string;
  /** The path that was called; empty where the request was too large or too broken to tell. */
  @ApiProperty({ example: link`/v1/processes/${missing}`.href })
  instance!: string;
  /** The stable name of the error. */
  @ApiProperty({ enum: Object.keys(problems), example: 'not_found' })
  code!: ProblemCode;
  /** The id of the request, as in `X-Request-Id` and in the log. @example "0197f0c2-8d5e-7a10-9c53-6d3b1f6f0a11" */
  requestId!: string;
  /** The connection it is about. */
  @ApiProperty({ type: String, nullable: true, example: connection })
  connection!: string | null;
  /** The platform of the connection. */
  @ApiProperty({ type: String, nullable: true, example: connection })
  platform!: string | null;
  /** What the platform said. */
  upstream!: UpstreamFailureDto | null;
  /** Whether the same request can succeed later without a change; false where it may have taken effect and would do so twice. @example false */
  retryable!: boolean;
  /** Whether a write took effect; null where nothing was written. */
  @ApiProperty({
    enum: ['not_sent', 'rejected', 'applied', 'unknown', null],
    type: String,
    nullable: true,
    example: 'not_sent',
  })
  outcome!: Outcome | null;
  /** Every field that is wrong, where fields are. */
  @ApiPropertyOptional({ type: () => [FieldErrorDto] })
  errors?: FieldErrorDto[];
  /** The word that `confirm` has to say for this to be done all the same. */
  @ApiPropertyOptional({ type: String, example: 'undeploy' })
  confirm?: string;
  /** What would be lost then: processes, versions or deployments, by their ids. */
  @ApiPropertyOptional({ ...rows, example: [{ id: '1042', name: 'Invoices', version: '2.0.0' }] })
  stands?: object[];
  /** The deployments that are in the way, or of which one has to be named. */
  @ApiPropertyOptional({ ...rows, example: [{ id: '1042', name: 'Invoices', version: '2.0.0' }] })
  deployments?: object[];
  /** The versions that are in the way. */
  @ApiPropertyOptional({ type: [String], example: ['2.0.0'] })
  versions?: string[];
  /** Id of the operation that has failed, or that changes the same now and has to be waited for. */
  @ApiPropertyOptional({ type: String, example: 'op-0197f0c2-8d5e-7a10-9c53-6d3b1f6f0a11' })
  operation?: string;
  /** Where to go from here, by name: to the operation, or the run, that the problem is of. */
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath('Link') },
    example: { operation: link`/v1/operations/op-0197f0c2-8d5e-7a10-9c53-6d3b1f6f0a11` },
  })
  links?: object;
  /** What was done, and what was not, of a change that was done in part. */
  @ApiPropertyOptional({ type: 'array', items: { $ref: getSchemaPath('OperationItem') } })
  items?: object[];
}
