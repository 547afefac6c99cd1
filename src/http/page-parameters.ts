import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, MaxLength } from 'class-validator';
import { cursorExample } from './envelope.dto.ts';
import { WholeNumber } from './query.ts';

const [least, most, usual] = [1, 200, 50];
const longestCursor = 16_384;

/** A query parameter that says how many a page of a list has at most. */
export function PageLimit(): PropertyDecorator {
  const integer = { type: 'integer', minimum: least, maximum: most } as const;
  return applyDecorators(
    ApiPropertyOptional({ ...integer, default: usual, example: usual }),
    IsOptional(),
    WholeNumber(least, most),
  );
}

/** A query parameter that says where a list goes on. */
export function PageCursor(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, maxLength: longestCursor, example: cursorExample }),
    IsOptional(),
    MaxLength(longestCursor),
  );
}
