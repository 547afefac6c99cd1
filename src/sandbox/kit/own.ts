type Named<T> = Readonly<Record<string, T>>;

/** A member by a name that a caller chose: `constructor` and `__proto__` are names like any other. */
export function own<T>(object: Named<T>, name: string): T | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Sets a member by a name that a caller chose. */
export function setOwn<T>(object: Named<T>, name: string, value: T): void {
  const settings = { value, enumerable: true, configurable: true, writable: true };
  Object.defineProperty(object, name, settings);
}

/** What lies at a path of names that a caller chose; undefined where nothing does. */
export function ownAt(object: Named<unknown>, path: readonly string[]): unknown {
  let value: unknown = object;
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = own(value as Named<unknown>, name);
  }
  return value;
}
