// money.ts - amounts, exactly: decimal strings outside, BigInt in units of 10^-8 inside. Nothing here or anywhere in
// the page computes money in floating point.
import { locale } from './i18n';

export const E8 = 100_000_000n;
const SHAPE = /^(-?)(\d+)(?:\.(\d{1,8}))?$/;

/** "12.5" is 1250000000n; undefined: it is no decimal of at most eight places. */
export function parseE8(text: string): bigint | undefined {
  const found = SHAPE.exec(text.trim());
  if (!found) return undefined;
  const e8 = BigInt(found[2]!) * E8 + BigInt((found[3] ?? '').padEnd(8, '0'));
  return found[1] ? -e8 : e8;
}

/** The shortest decimal string with at least `places` places. */
export function printE8(e8: bigint, places = 0): string {
  const size = e8 < 0n ? -e8 : e8;
  const fraction = (size % E8).toString().padStart(8, '0').replace(/0+$/, '').padEnd(places, '0');
  return `${e8 < 0n ? '-' : ''}${size / E8}${fraction && '.'}${fraction}`;
}

/** price times quantity, rounded half up, as the venue's notional is. */
export function timesE8(a: bigint, b: bigint): bigint {
  const product = a * b;
  return product >= 0n ? (product + E8 / 2n) / E8 : -((-product + E8 / 2n) / E8);
}

export const addE8 = (...parts: bigint[]): bigint => parts.reduce((sum, part) => sum + part, 0n);

interface Signs {
  group: string;
  point: string;
}
const signs = new Map<string, Signs>();

function signsOf(language: string): Signs {
  let found = signs.get(language);
  if (!found) {
    const parts = new Intl.NumberFormat(language).formatToParts(-12345.6);
    const of = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
    found = { group: of('group'), point: of('decimal') || '.' };
    signs.set(language, found);
  }
  return found;
}

/** A decimal string as people read it: "1234567.50" is "1,234,567.50", or "1.234.567,50". */
export function showDecimal(text: string | null | undefined): string {
  if (text === null || text === undefined) return '–';
  const found = SHAPE.exec(text);
  if (!found) return text;
  const { group, point } = signsOf(locale.value);
  const whole = found[2]!.replace(/\B(?=(\d{3})+$)/g, group);
  return `${found[1] && '−'}${whole}${found[3] === undefined ? '' : point + found[3]}`;
}

/** A share of one in percent, to two places: "0.0125" is "1.25 %". */
export function showPercent(text: string | null | undefined): string {
  const e8 = parseE8(text ?? '');
  if (e8 === undefined) return '–';
  const unit = 10_000n;
  const places = timesE8(e8, E8 / unit) * unit * 100n;
  return `${showDecimal(printE8(places, 2))}\u00a0%`;
}

/** What somebody typed, as a decimal string of the API; undefined: it is none. Written as the language does, grouped
 * or not, or with a point as the API does, where that cannot be taken for a group of three. */
export function readDecimal(typed: string): string | undefined {
  const { group, point } = signsOf(locale.value);
  const text = typed
    .trim()
    .replace('−', '-')
    .replace(/[\s\u00a0\u202f]/g, '');
  const [g, p] = [group, point].map((sign) => (sign === '.' ? '\\.' : sign.trim() || 'x'));
  let plain = text;
  if (new RegExp(`^-?\\d{1,3}(${g}\\d{3})+(${p}\\d+)?$`).test(text))
    plain = text.replaceAll(group, '').replace(point, '.');
  else if (new RegExp(`^-?\\d+${p}\\d+$`).test(text)) plain = text.replace(point, '.');
  return parseE8(plain) === undefined ? undefined : plain;
}
