// time.ts - moments as people read and write them: in their language, and in the time zone that they have chosen.
import { effect, signal } from '@preact/signals';
import { locale } from './i18n';
import { keep, kept } from './storage';

export const systemZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
/** An IANA name; the browser's own, until preferences say another. */
export const zone = signal(kept('zone') ?? systemZone);

effect(() => keep('zone', zone.value));

export function showTime(value: string): string {
  return new Intl.DateTimeFormat(locale.value, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    timeZone: zone.value,
  }).format(new Date(value));
}

/** What a clock of the zone shows at a moment, as if it were UTC. */
function clockOf(moment_ms: number, timeZone: string): number {
  const shown = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    ...{
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    },
  } as Intl.DateTimeFormatOptions).formatToParts(moment_ms);
  const of = (type: string) => shown.find((part) => part.type === type)!.value;
  return Date.parse(
    `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}:${of('second')}Z`,
  );
}

/** The moment, as the API takes it, at which a clock of the zone shows `typed` (2026-11-30T09:15). */
export function readTime(typed: string, timeZone: string = zone.value): string {
  const wanted = Date.parse(`${typed}${typed.length === 16 ? ':00' : ''}Z`);
  let moment = wanted;
  // Twice: the first guess may be on the other side of a change of the clocks.
  for (let i = 0; i < 2; i++) moment += wanted - clockOf(moment, timeZone);
  return new Date(moment).toISOString();
}

/** A moment of the API as the field of a form has it. */
export function typeTime(value: string, timeZone: string = zone.value): string {
  return new Date(clockOf(Date.parse(value), timeZone)).toISOString().slice(0, 16);
}
