import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Attachment } from '../domain/adapter.ts';
import { onlyPage, PageDto } from '../http/envelope.dto.ts';
import { exampleAttachment } from './run-examples.ts';

/** A file that a run has left behind. */
@ApiSchema({ name: 'Attachment' })
export class AttachmentDto implements Attachment {
  /** Its name. */
  @ApiProperty({ example: exampleAttachment })
  name!: string;
  /** What the platform says it is. @example "text/csv" */
  mediaType!: string | null;
  /** In bytes; null when the platform does not say. @example 128 */
  length!: number | null;
}

/** The files that a run has left behind. */
@ApiSchema({ name: 'AttachmentList' })
export class AttachmentListDto {
  /** The files. */
  data!: AttachmentDto[];
  /** There is one page only. */
  @ApiProperty({ example: onlyPage(1) })
  page!: PageDto;
}
