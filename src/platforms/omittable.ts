import { ValidateIf } from 'class-validator';

/** A member that may be left out. Unlike with `IsOptional`, `null` is a value like any other, and refused where it is none. */
export const Omittable = (): PropertyDecorator =>
  ValidateIf((_body: unknown, value: unknown) => value !== undefined);
