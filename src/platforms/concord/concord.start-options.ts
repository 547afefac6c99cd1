import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsString,
  Matches,
  MaxLength,
  ValidateBy,
  type ValidationArguments,
} from 'class-validator';
import { Omittable } from '../omittable.ts';

const longestList = 100;
const longestName = 200;
const listOfNames = `must be an array of at most ${longestList} names of 1 to ${longestName} characters`;
const oneName = { each: true, message: listOfNames };

/** Where to take the flows from can be said in one way only. */
function NotWithBranch(): PropertyDecorator {
  return ValidateBy(
    {
      name: 'notWithBranch',
      validator: {
        validate: (value: unknown, args?: ValidationArguments) =>
          value === undefined || ((args?.object as ConcordStartOptions).branch ?? null) === null,
      },
    },
    { message: 'cannot be said together with branch' },
  );
}

/** What a start on Concord may say that no other platform knows. */
export class ConcordStartOptions {
  /** Profiles of the project file that are switched on for this run. */
  @ApiPropertyOptional({
    type: [String],
    maxItems: longestList,
    example: ['nightly'],
  })
  @Omittable()
  @IsArray({ message: listOfNames })
  @ArrayMaxSize(longestList, { message: listOfNames })
  @IsString(oneName)
  // Concord splits them at commas.
  @Matches(/^[^,]+$/, { each: true, message: 'must be names of profiles, without a comma' })
  @MaxLength(longestName, oneName)
  activeProfiles?: string[];

  /** Variables that become the run's `output`. The project has to allow it (`outVariablesMode`). */
  @ApiPropertyOptional({
    type: [String],
    maxItems: longestList,
    example: ['total'],
  })
  @Omittable()
  @IsArray({ message: listOfNames })
  @ArrayMaxSize(longestList, { message: listOfNames })
  @IsString(oneName)
  @Matches(/^[^,\s]+$/, { each: true, message: 'must be names of variables, without a comma' })
  @MaxLength(longestName, oneName)
  out?: string[];

  /** A branch or tag of the repository instead of the one that it is configured with. */
  @ApiPropertyOptional({ example: 'release/2026-11' })
  @Omittable()
  @IsString()
  @Matches(/^[^\s\p{Cc}]+$/u, { message: 'must be the name of a branch or tag' })
  @MaxLength(longestName)
  branch?: string;

  /** A commit of the repository; not together with `branch`. */
  @ApiPropertyOptional({ example: '9ac024f681a7baa7c95da30d521a71d101fa22ac' })
  @Omittable()
  @Matches(/^[0-9a-f]{7,64}$/i, { message: 'must be the id of a commit' })
  @NotWithBranch()
  commit?: string;

  /** Runs the flow without its effects, as far as its tasks know how. Needs Concord 2.19.0 or newer. */
  @ApiPropertyOptional({ type: Boolean, example: false })
  @Omittable()
  @IsBoolean()
  dryRun?: boolean;
}
