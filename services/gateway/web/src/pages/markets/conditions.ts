// conditions.ts - what a screener looks for, as it stands in the address: `volume.above:100;sector.in:Energy,Steel`.

export interface Condition {
  field: string;
  operator: string;
  value: string;
}

/** How the value of a field is written: `watched` has no operator, and is or is not. */
export const IS = 'is';

export function readConditions(text: string): Condition[] {
  return text.split(';').flatMap((part) => {
    const found = /^(\w+)\.(\w+):(.*)$/.exec(part);
    return found ? [{ field: found[1]!, operator: found[2]!, value: decodeURIComponent(found[3]!) }] : [];
  });
}

export const printConditions = (conditions: Condition[]): string =>
  conditions
    .map(({ field, operator, value }) => `${field}.${operator}:${encodeURIComponent(value)}`)
    .join(';');

type Filters = Record<string, Record<string, unknown> | boolean>;

/** As the API takes them: decimals are strings, sets are lists. */
export function filtersOf(conditions: Condition[]): Filters {
  const filters: Filters = {};
  for (const { field, operator, value } of conditions) {
    if (operator === IS) filters[field] = value === 'true';
    else {
      const isSet = operator === 'in' || operator === 'not_in';
      const entered = isSet ? value.split(',').map((item) => item.trim()) : value;
      filters[field] = { ...(filters[field] as object), [operator]: entered };
    }
  }
  return filters;
}

/** Of a screen that was kept. */
export function conditionsOf(filters: object): Condition[] {
  return Object.entries(filters as Filters).flatMap(([field, given]) =>
    typeof given === 'boolean'
      ? [{ field, operator: IS, value: String(given) }]
      : Object.entries(given).map(([operator, value]) => ({ field, operator, value: String(value) })),
  );
}
