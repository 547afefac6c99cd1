import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsDefined,
  IsObject,
  IsString,
  Length,
  MaxLength,
  ValidateIf,
} from 'class-validator';
import type { Native } from '../domain/native.ts';
import { type OperationKind, operationKinds, type Plan } from '../domain/operation.ts';
import { exampleOperation } from '../operations/operation-examples.ts';
import { OperationItemDto } from '../operations/operation.dto.ts';
import { Omittable } from '../platforms/omittable.ts';
import { exampleDeployable } from './change-examples.ts';

const longestText = 4_000;
const mostTargets = 100;
const mostLabels = 50;
const shortText = 'must be a text of 1 to 200 characters';
const longText = `must be a text of at most ${longestText} characters, or null`;
const labelList = `must be an array of at most ${mostLabels} different texts of 1 to 100 characters`;
const targetList = `must be an array of 1 to ${mostTargets} different ids of targets`;
const { target } = exampleDeployable;

/** A text or null, which says that there is none. */
const NullableText = (): PropertyDecorator => (object, name) => {
  MaxLength(longestText, { message: longText })(object, name);
  IsString({ message: longText })(object, name);
  ValidateIf((_body: unknown, value: unknown) => value !== undefined && value !== null)(
    object,
    name,
  );
};

/** A word of one line. */
const ShortText = (): PropertyDecorator => (object, name) => {
  Length(1, 200, { message: shortText })(object, name);
  IsString({ message: shortText })(object, name);
};

/** What is to be changed of a process; what is left out stays. Which of it a platform can change its README says. */
@ApiSchema({ name: 'ProcessPatch' })
export class ProcessPatchDto {
  /** What people call it. */
  @ApiPropertyOptional({ type: String, example: 'Invoices' })
  @Omittable()
  @ShortText()
  name?: string;

  /** What it is for; null: nothing is said. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'Posts the invoices of the day.' })
  @NullableText()
  description?: string | null;

  /** Whether it can run. */
  @ApiPropertyOptional({ type: Boolean, example: true })
  @Omittable()
  @IsBoolean({ message: 'must be true or false' })
  enabled?: boolean;

  /** Words to find it by: exactly these from now on. */
  @ApiPropertyOptional({ type: [String], maxItems: mostLabels, example: ['finance'] })
  @Omittable()
  @IsArray({ message: labelList })
  @ArrayMaxSize(mostLabels, { message: labelList })
  @ArrayUnique({ message: labelList })
  @IsString({ each: true, message: labelList })
  @Length(1, 100, { each: true, message: labelList })
  labels?: string[];

  /** A new key: a rename. The id changes with it, and nothing answers under the old one any more. */
  @ApiPropertyOptional({ type: String, example: 'INVOICES_2027' })
  @Omittable()
  @ShortText()
  key?: string;
}

/** Whether a version is the one that runs. */
@ApiSchema({ name: 'VersionPatch' })
export class VersionPatchDto {
  /** True: this version runs from now on. False: it does not, which undeploys it. */
  @ApiProperty({ type: Boolean, example: true })
  @IsBoolean({ message: 'must be true or false' })
  @IsDefined({ message: 'is required' })
  active!: boolean;
}

/** What is deployed, and where. */
@ApiSchema({ name: 'NewDeployment' })
export class NewDeploymentDto {
  /** A version, a tag that points at one, or `latest`. */
  @ApiProperty({ example: 'latest' })
  @ShortText()
  @IsDefined({ message: 'is required' })
  version!: string;

  /** Id of the target (`GET /v1/connections/{connection}/targets`); may be left out where the connection has only one. */
  @ApiPropertyOptional({ type: String, example: target })
  @Omittable()
  @ShortText()
  target?: string;

  /** Several of them, instead of `target`. */
  @ApiPropertyOptional({ type: [String], maxItems: mostTargets, example: [target] })
  @Omittable()
  @IsArray({ message: targetList })
  @ArrayNotEmpty({ message: targetList })
  @ArrayMaxSize(mostTargets, { message: targetList })
  @ArrayUnique({ message: targetList })
  @IsString({ each: true, message: targetList })
  @Length(1, 200, { each: true, message: targetList })
  targets?: string[];

  /** What it is called; as the platform calls it when left out. */
  @ApiPropertyOptional({ type: String, example: 'Invoices (nightly)' })
  @Omittable()
  @ShortText()
  name?: string;

  /** What it is for. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'Posts the invoices of the day.' })
  @NullableText()
  description?: string | null;

  /** Whether its triggers start it from now on; as the platform does it when left out. */
  @ApiPropertyOptional({ type: Boolean, example: false })
  @Omittable()
  @IsBoolean({ message: 'must be true or false' })
  activateTriggers?: boolean;

  /** Settings as the platform has them. */
  @ApiPropertyOptional({ type: Object, additionalProperties: true, example: {} })
  @Omittable()
  @IsObject({ message: 'must be a JSON object' })
  settings?: Native;

  /** Values of its variables, where the platform takes them with a deployment. */
  @ApiPropertyOptional({ type: Object, additionalProperties: true, example: {} })
  @Omittable()
  @IsObject({ message: 'must be a JSON object' })
  variables?: Native;
}

/** What is to be changed of a deployment; what is left out stays. */
@ApiSchema({ name: 'DeploymentPatch' })
export class DeploymentPatchDto {
  /** The version that it runs from now on; `latest`; or `previous` for the one that it ran before. */
  @ApiPropertyOptional({ type: String, example: 'latest' })
  @Omittable()
  @ShortText()
  version?: string;

  /** Whether its triggers start it. */
  @ApiPropertyOptional({ type: Boolean, example: true })
  @Omittable()
  @IsBoolean({ message: 'must be true or false' })
  triggersActive?: boolean;

  /** What it is called. */
  @ApiPropertyOptional({ type: String, example: 'Invoices (nightly)' })
  @Omittable()
  @ShortText()
  name?: string;

  /** What it is for; null: nothing is said. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'Posts the invoices of the day.' })
  @NullableText()
  description?: string | null;

  /** Settings as the platform has them; those that are not named stay. */
  @ApiPropertyOptional({ type: Object, additionalProperties: true, example: {} })
  @Omittable()
  @IsObject({ message: 'must be a JSON object' })
  settings?: Native;
}

/** What a change would do now. */
@ApiSchema({ name: 'Plan' })
export class PlanDto implements Plan {
  /** What it is. */
  @ApiProperty({ enum: operationKinds, example: exampleOperation.kind })
  kind!: OperationKind;
  /** Where. */
  @ApiProperty({ example: exampleOperation.connection })
  connection!: string;
  /** The platform of the connection. */
  @ApiProperty({ example: exampleOperation.connection })
  platform!: string;
  /** Id of the process that it is about. */
  @ApiProperty({ type: String, nullable: true, example: exampleOperation.process })
  process!: string | null;
  /** What it would do, thing by thing. */
  items!: OperationItemDto[];
}
