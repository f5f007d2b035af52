import { expect, test } from 'vitest';
import { differences } from './differences';

test('what changed is named, what came and what went, too', () => {
  const before = { CEA: { available: '10.00', locked: '0.00' }, note: 'old', same: [1, 2] };
  const after = { CEA: { available: '7.00', locked: '3.00' }, more: true, same: [1, 2] };
  expect(differences(before, after)).toEqual([
    { name: 'CEA.available', before: '10.00', after: '7.00' },
    { name: 'CEA.locked', before: '0.00', after: '3.00' },
    { name: 'note', before: 'old', after: undefined },
    { name: 'more', before: undefined, after: true },
  ]);
});

test('nothing before is no difference of nothing', () => {
  expect(differences(null, null)).toEqual([{ name: '', before: null, after: null }].slice(1));
  expect(differences(undefined, { a: 1 })).toEqual([{ name: 'a', before: undefined, after: 1 }]);
});
