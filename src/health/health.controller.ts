import { type BeforeApplicationShutdown, Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { requestIdHeader } from '../http/api-docs.ts';
import { RedisClients } from '../redis/redis.clients.ts';
import { LivenessDto, ReadinessDto } from './health.dto.ts';

/** For whoever runs the gateway: whether to restart it, and whether to send it requests. */
@ApiTags('Health')
@Controller('health')
export class HealthController implements BeforeApplicationShutdown {
  readonly #redis: RedisClients;
  #draining = false;

  constructor(@Inject(RedisClients) redis: RedisClients) {
    this.#redis = redis;
  }

  /** From now on no new requests are wanted. */
  beforeApplicationShutdown(): void {
    this.#draining = true;
  }

  @Get('live')
  @ApiOperation({ summary: 'Say whether the process lives', description: 'For a liveness probe.' })
  @ApiResponse({
    status: 200,
    description: 'It lives.',
    type: LivenessDto,
    headers: requestIdHeader,
  })
  getLiveness(): LivenessDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({
    summary: 'Say whether the process takes requests',
    description:
      'For a readiness probe. It stays ready while Redis is away, because lists can still be served.',
  })
  @ApiResponse({
    status: 200,
    description: 'It takes requests.',
    type: ReadinessDto,
    headers: requestIdHeader,
  })
  @ApiResponse({
    status: 503,
    description: 'It is shutting down.',
    type: ReadinessDto,
    headers: requestIdHeader,
  })
  async getReadiness(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessDto> {
    // A Redis that hangs keeps its connections, so only an answer counts.
    const redis = await this.#redis.commands.ping().then(
      () => 'ok' as const,
      () => 'down' as const,
    );
    if (this.#draining) void reply.code(503);
    return { status: this.#draining ? 'draining' : 'ready', redis };
  }
}
