import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Native } from '../domain/native.ts';
import type { Version, VersionLinks } from '../domain/version.ts';
import { LinkDto, PageDto } from '../http/envelope.dto.ts';
import { link } from '../http/links.ts';
import { shown } from '../platforms/examples.ts';

const { id, piece: configuration } = shown('configuration');
const { piece: native } = shown('versionNative');

/** Where a caller can go from a version. */
@ApiSchema({ name: 'VersionLinks' })
export class VersionLinksDto implements VersionLinks {
  /** The version itself. */
  @ApiProperty({ example: link`/v1/processes/${id}/versions/${'4'}` })
  self!: LinkDto;
  /** Its process. */
  @ApiProperty({ example: link`/v1/processes/${id}` })
  process!: LinkDto;
  /** Its bytes. */
  @ApiProperty({ example: link`/v1/processes/${id}/versions/${'4'}/package` })
  package!: LinkDto | null;
}

/** A numbered state of a process. */
@ApiSchema({ name: 'Version' })
export class VersionDto implements Version {
  /** Id of the process. */
  @ApiProperty({ example: id })
  process!: string;
  /** What goes into a URL: the platform’s number or name of it. @example "4" */
  version!: string;
  /** The platform’s own id of it. @example "7182a2f4edef4650a68c68b1" */
  versionId!: string | null;
  /** What people call it. @example "4" */
  displayVersion!: string;
  /** Whether it is the newest. @example true */
  isLatest!: boolean;
  /** Names that point at it. @example ["PROD"] */
  tags!: string[];
  /** Whether it is the one that runs somewhere. @example true */
  active!: boolean | null;
  /** What it does. @example "Shows that the platform runs processes." */
  description!: string | null;
  /** What changed in it. @example "Reads the new column." */
  changeNote!: string | null;
  /** The definition, where it is data and one version is read. */
  @ApiProperty({ type: Object, nullable: true, additionalProperties: true, example: configuration })
  configuration!: Native | null;
  /** When it was made (RFC 3339, UTC). @example "2026-01-12T06:30:00.000Z" */
  createdAt!: string | null;
  /** Who made it. @example "li.wei@example.com" */
  createdBy!: string | null;
  /** Where to go from here. */
  links!: VersionLinksDto;
  /** The platform’s own JSON; null unless `include=native`. */
  @ApiProperty({ type: Object, nullable: true, additionalProperties: true, example: native })
  native!: Native | null;
}

/** A page of versions. */
@ApiSchema({ name: 'VersionList' })
export class VersionListDto {
  /** The versions, newest first. */
  data!: VersionDto[];
  /** Where the list goes on. */
  page!: PageDto;
}
