type OptionalKeys<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

/** T with every property that may be undefined made optional instead. */
export type Present<T> = Omit<T, OptionalKeys<T>> & { [K in OptionalKeys<T>]?: Exclude<T[K], undefined> };

/** A copy without the properties whose value is undefined. */
export function omitUndefined<T extends object>(value: T): Present<T> {
  // Object.entries lists exactly the own properties of T, and those that are undefined are gone: that is Present<T>.
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Present<T>;
}
