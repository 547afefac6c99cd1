import {
  ApiExtraModels,
  ApiProperty,
  ApiSchema,
  getSchemaPath,
  PartialType,
} from '@nestjs/swagger';
import { onlyPage, PageDto, SourceDto } from '../http/envelope.dto.ts';
import { ProcessDto } from './process.dto.ts';
import { VersionDto } from './version.dto.ts';

/** A process of a list with `include=versions`. */
@ApiSchema({ name: 'ProcessWithVersions' })
export class ListedProcessDto extends ProcessDto {
  /** Its versions, newest first, with `include=versions`; null where the platform has none or could not be asked. */
  @ApiProperty({ type: () => [VersionDto], nullable: true, required: false })
  versions?: VersionDto[] | null;
}

/** A process of a list with `fields`: only the members that it names. */
@ApiSchema({ name: 'ProcessMembers' })
export class ProcessMembersDto extends PartialType(ListedProcessDto) {}

/** A page of processes of all connections. */
@ApiExtraModels(ListedProcessDto, ProcessMembersDto)
@ApiSchema({ name: 'ProcessList' })
export class ProcessListDto {
  /** The processes; with `fields`, only the members that it names. */
  @ApiProperty({
    type: 'array',
    items: {
      anyOf: [
        { $ref: getSchemaPath(ListedProcessDto) },
        { $ref: getSchemaPath(ProcessMembersDto) },
      ],
    },
  })
  data!: (ListedProcessDto | ProcessMembersDto)[];
  /** Where the list goes on. */
  page!: PageDto;
  /** How fresh each connection’s part is, and what is missing. */
  sources!: SourceDto[];
}

/** How often a value occurs. */
@ApiSchema({ name: 'Facet' })
export class FacetDto {
  /** The value. */
  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'boolean' }, { type: 'null' }],
    example: 'finance',
  })
  value!: string | boolean | null;
  /** How many processes have it. @example 12 */
  count!: number;
}

/** The distinct values of a member. */
@ApiSchema({ name: 'FacetList' })
export class FacetListDto {
  /** The values, the most frequent first. */
  data!: FacetDto[];
  /** There is one page only. */
  @ApiProperty({ example: onlyPage(1) })
  page!: PageDto;
  /** How fresh each connection’s part is, and what is missing. */
  sources!: SourceDto[];
}
