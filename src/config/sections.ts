import { z } from 'zod';

/** A section of a file of which nothing is known yet. */
export function sectionOf(content: unknown, name: string): object {
  const section = z.looseObject({ [name]: z.looseObject({}) }).safeParse(content).data?.[name];
  return section ?? {};
}

/** An address in it; null where there is none that can be read. */
export function urlOf(section: object, name: string): URL | null {
  const text = z.looseObject({ [name]: z.url() }).safeParse(section).data?.[name];
  return text === undefined ? null : new URL(text);
}

/** The members of a section that are valid, whatever else in the file is not. */
export function legible<S extends z.ZodObject>(schema: S, section: object): Partial<z.output<S>> {
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  const written = new Map<string, unknown>(Object.entries(section));
  const members = Object.entries(shape).flatMap(([name, member]) => {
    const parsed = z.safeParse(member, written.get(name));
    return parsed.success && parsed.data !== undefined ? [[name, parsed.data] as const] : [];
  });
  return Object.fromEntries(members) as Partial<z.output<S>>;
}
