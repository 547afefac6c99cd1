import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsDefined, IsIn, IsString, Length } from 'class-validator';

const longestNote = 2_000;
const message = `must be a text of 1 to ${longestNote} characters`;

/** What a person knows of an operation in doubt. */
@ApiSchema({ name: 'ResolveOperation' })
export class ResolveOperationDto {
  /** Whether it was done. */
  @ApiProperty({ enum: ['applied', 'not_sent'], example: 'not_sent' })
  @IsIn(['applied', 'not_sent'], { message: 'must be applied or not_sent' })
  outcome!: 'applied' | 'not_sent';

  /** How that is known. */
  @ApiProperty({ example: 'The platform’s own page shows the old version.' })
  @Length(1, longestNote, { message })
  @IsString({ message })
  @IsDefined({ message: 'is required' })
  note!: string;
}
