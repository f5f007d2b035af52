// differences.ts - the values in which two things differ, by their dotted names.

export interface Changed {
  name: string;
  before: unknown;
  after: unknown;
}

function leavesOf(value: unknown, name = ''): [string, unknown][] {
  if (value === null || typeof value !== 'object') return value === undefined ? [] : [[name, value]];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, name ? `${name}.${key}` : key));
}

export function differences(before: unknown, after: unknown): Changed[] {
  const old = new Map(leavesOf(before));
  const now = new Map(leavesOf(after));
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .map((name) => ({ name, before: old.get(name), after: now.get(name) }));
}
