import { expect, test } from 'vitest';
import { language } from './i18n';
import { parseE8, printE8, readDecimal, showDecimal, showPercent, timesE8 } from './money';

test('a decimal goes into units of 10^-8 and back, exactly', () => {
  for (const text of ['0', '1', '12.5', '-0.00000001', '92233720368.54775807', '0.1'])
    expect(printE8(parseE8(text)!)).toBe(text);
  expect(parseE8('0.1')! + parseE8('0.2')!).toBe(parseE8('0.3'));
  expect(printE8(parseE8('12.5')!, 2)).toBe('12.50');
});

test('what is no decimal of eight places is none', () => {
  for (const text of ['', '.', '1.', '.5', '1e3', '0x10', '1.123456789', '1 000', 'NaN', '--1'])
    expect(parseE8(text)).toBeUndefined();
});

test('a product is rounded half up, away from zero', () => {
  expect(timesE8(parseE8('0.00000001')!, parseE8('0.5')!)).toBe(1n);
  expect(timesE8(parseE8('-0.00000001')!, parseE8('0.5')!)).toBe(-1n);
  expect(printE8(timesE8(parseE8('83.25')!, parseE8('1000')!))).toBe('83250');
});

test('an amount is shown as the language writes it, with all its digits', () => {
  language.value = 'en';
  expect(showDecimal('1234567.50')).toBe('1,234,567.50');
  expect(showDecimal('-92233720368.54775807')).toBe('−92,233,720,368.54775807');
  expect(showDecimal(null)).toBe('–');
  language.value = 'de';
  expect(showDecimal('1234567.50')).toBe('1.234.567,50');
});

test('what is typed is read as the language writes it, and never guessed', () => {
  language.value = 'en';
  expect(readDecimal('1,234.50')).toBe('1234.50');
  expect(readDecimal('1,234')).toBe('1234');
  expect(readDecimal('1.5')).toBe('1.5');
  expect(readDecimal('1,5')).toBeUndefined();
  language.value = 'de';
  expect(readDecimal('1.234,50')).toBe('1234.50');
  expect(readDecimal('1.234')).toBe('1234');
  expect(readDecimal('1,5')).toBe('1.5');
  expect(readDecimal('1.5')).toBe('1.5');
  expect(readDecimal('1,234.50')).toBeUndefined();
});

test('a share is shown in percent, to two places', () => {
  language.value = 'en';
  expect(showPercent('0.0125')).toBe('1.25\u00a0%');
  expect(showPercent('0.50617284')).toBe('50.62\u00a0%');
  expect(showPercent('-0.1')).toBe('−10.00\u00a0%');
  expect(showPercent(null)).toBe('–');
});
