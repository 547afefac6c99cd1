import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { facetFields, sortFields } from '../catalogue/process-query.ts';
import { PageCursor, PageLimit } from '../http/page-parameters.ts';
import { IsInstant, Repeatable, YesOrNo } from '../http/query.ts';
import { shown } from '../platforms/examples.ts';

const tried = shown('answersEveryRoute');
const described = shown('configuration');
const longest = 500;
const sortKey = `-?(${sortFields.join('|')})`;

/** Members of a process that `fields` can pick. */
const processMembers = [
  'id',
  'connection',
  'platform',
  'key',
  'name',
  'description',
  'kind',
  'enabled',
  'latestVersion',
  'labels',
  'service',
  'schedule',
  'createdAt',
  'updatedAt',
  'updatedBy',
  'capabilities',
  'links',
  'native',
  'versions',
] as const;

/** The filters that every list of processes takes. */
export class ProcessFilterQuery {
  /** Only these connections. May be repeated. */
  @ApiPropertyOptional({
    type: [String],
    example: [tried.connection, shown('deployment').connection],
  })
  @IsOptional()
  @IsString({ each: true })
  @Repeatable()
  connection?: string[];

  /** Only these platforms. May be repeated. With `connection` a process has to meet both. */
  @ApiPropertyOptional({ type: [String], example: [described.connection] })
  @IsOptional()
  @IsString({ each: true })
  @Repeatable()
  platform?: string[];

  /** Text that occurs in name, key or description, whatever its case. */
  @ApiPropertyOptional({ example: 'invoice' })
  @IsOptional()
  @MaxLength(longest)
  q?: string;

  /** Text that occurs in the name, whatever its case. */
  @ApiPropertyOptional({ example: 'smoke' })
  @IsOptional()
  @MaxLength(longest)
  name?: string;

  /** The exact native key, as the part of an id after the first colon, also where a platform takes ids in any case. */
  @ApiPropertyOptional({ example: described.key })
  @IsOptional()
  @MaxLength(longest)
  key?: string;

  /** Processes with any of these labels. May be repeated. */
  @ApiPropertyOptional({ type: [String], example: ['finance'] })
  @IsOptional()
  @IsString({ each: true })
  @Repeatable()
  label?: string[];

  /** Whether it can run; a process of which nobody knows is in neither list. */
  @ApiPropertyOptional({ type: Boolean, example: true })
  @IsOptional()
  @YesOrNo()
  enabled?: boolean;

  /** Changed after this instant (RFC 3339); the `+` of an offset is `%2B` in a URL. */
  @ApiPropertyOptional({ example: '2026-01-01T00:00:00Z' })
  @IsOptional()
  @IsInstant()
  updatedAfter?: string;

  /** `all`: answer with a problem instead of a list that misses a source. */
  @ApiPropertyOptional({ enum: ['all'], example: 'all' })
  @IsOptional()
  @IsIn(['all'], { message: 'must be all' })
  require?: 'all';
}

/** What GET /v1/processes takes. */
export class ListProcessesQuery extends ProcessFilterQuery {
  /** What to order by, separated by commas, up to four; `-` is descending. Nulls come last, the id breaks ties. */
  @ApiPropertyOptional({ example: 'name,-updatedAt', default: 'name' })
  @IsOptional()
  @Matches(new RegExp(`^${sortKey}(,${sortKey}){0,3}$`), {
    message: `must name one to four of ${sortFields.join(', ')}, with - for descending, separated by commas`,
  })
  sort?: string;

  /** Only these members of each process, separated by commas, and those that `include` adds. To name `native` or `versions` includes it. */
  @ApiPropertyOptional({ example: 'id,name,enabled' })
  @IsOptional()
  @Matches(new RegExp(`^(${processMembers.join('|')})(,(${processMembers.join('|')}))*$`), {
    message: `must name members of a process: ${processMembers.join(', ')}`,
  })
  fields?: string;

  /** `native`: each process with the platform's own JSON, slim. `versions`: with its versions; then limit is 50 at most. */
  @ApiPropertyOptional({ example: 'native' })
  @IsOptional()
  @Matches(/^(native|versions)(,(native|versions))?$/, {
    message: 'must be native, versions or both, separated by a comma',
  })
  include?: string;

  /** Processes per page. */
  @PageLimit()
  limit?: number;

  /** `page.nextCursor` of the page before; every other parameter but `limit` stays as it was. */
  @PageCursor()
  cursor?: string;
}

/** What GET /v1/processes/facets takes. */
export class FacetsQuery extends ProcessFilterQuery {
  /** The member whose values are counted. */
  @ApiProperty({ enum: facetFields, example: 'label' })
  @IsIn(facetFields, { message: `must be one of ${facetFields.join(', ')}` })
  field!: (typeof facetFields)[number];
}
