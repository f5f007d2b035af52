import { expect, test } from 'vitest';
import { readTime, typeTime } from './time';

test('a time is read as the clock of its zone shows it', () => {
  expect(readTime('2026-11-30T09:15', 'UTC')).toBe('2026-11-30T09:15:00.000Z');
  expect(readTime('2026-11-30T09:15', 'Europe/Berlin')).toBe('2026-11-30T08:15:00.000Z');
  expect(readTime('2026-07-01T09:15:30', 'Europe/Berlin')).toBe('2026-07-01T07:15:30.000Z');
  expect(readTime('2026-11-30T09:15', 'Asia/Kolkata')).toBe('2026-11-30T03:45:00.000Z');
});

test('on both sides of a change of the clocks, too', () => {
  expect(readTime('2026-03-29T01:59', 'Europe/Berlin')).toBe('2026-03-29T00:59:00.000Z');
  expect(readTime('2026-03-29T03:01', 'Europe/Berlin')).toBe('2026-03-29T01:01:00.000Z');
  expect(readTime('2026-03-08T20:00', 'America/Los_Angeles')).toBe('2026-03-09T03:00:00.000Z');
});

test('what was read is typed again as it was', () => {
  for (const zone of ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Los_Angeles'])
    expect(typeTime(readTime('2026-11-30T09:15', zone), zone)).toBe('2026-11-30T09:15');
});
