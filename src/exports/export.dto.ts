import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsString, Length } from 'class-validator';
import { shown } from '../platforms/examples.ts';
import { Omittable } from '../platforms/omittable.ts';

/** So many versions go into one file. */
export const mostItems = 200;
const longestId = 2_000;
const listOfItems = `must be an array of 1 to ${mostItems} items`;
const idText = `must be an id of 1 to ${longestId} characters`;
const versionText = 'must be a text of 1 to 200 characters';

/** A version to take along. */
@ApiSchema({ name: 'ExportItem' })
export class ExportItemDto {
  /** Id of the process, or an alias of it. */
  @ApiProperty({ type: String, example: shown('answersEveryRoute').id })
  @IsString({ message: idText })
  @Length(1, longestId, { message: idText })
  process!: string;

  /** A version, a tag that points at one, or `latest`; where it is left out the version that an alias names, else the latest. */
  @ApiPropertyOptional({ type: String, example: 'latest' })
  @Omittable()
  @IsString({ message: versionText })
  @Length(1, 200, { message: versionText })
  version?: string;
}

/** What goes into one file. */
@ApiSchema({ name: 'ExportRequest' })
export class ExportRequestDto {
  /** Versions of one connection, each once. */
  @ApiProperty({ type: [ExportItemDto], minItems: 1, maxItems: mostItems })
  @IsArray({ message: listOfItems })
  @ArrayMinSize(1, { message: listOfItems })
  @ArrayMaxSize(mostItems, { message: listOfItems })
  items!: ExportItemDto[];
}
