import { expect, test } from 'vitest';
import { conditionsOf, filtersOf, printConditions, readConditions } from './conditions';

const LOOKED_FOR = [
  { field: 'volume', operator: 'above', value: '100' },
  { field: 'volume', operator: 'at_most', value: '1000.5' },
  { field: 'sector', operator: 'in', value: 'Oil; gas,Steel' },
  { field: 'watched', operator: 'is', value: 'true' },
];
const FILTERS = {
  volume: { above: '100', at_most: '1000.5' },
  sector: { in: ['Oil; gas', 'Steel'] },
  watched: true,
};

test('what is looked for stands in the address, and is read from it', () => {
  expect(readConditions(printConditions(LOOKED_FOR))).toEqual(LOOKED_FOR);
  expect(readConditions('')).toEqual([]);
});

test('the API takes it field by field, and what was kept is looked for again', () => {
  expect(filtersOf(LOOKED_FOR)).toEqual(FILTERS);
  expect(conditionsOf(FILTERS)).toEqual(LOOKED_FOR);
});
