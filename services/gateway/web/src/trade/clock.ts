// clock.ts - a time of today, to the second. A formatter is made once a language: it costs more than a frame has.
import { locale } from '../i18n';
import { zone } from '../time';

const made = new Map<string, Intl.DateTimeFormat>();

export function clock(time: string): string {
  const name = `${locale.value} ${zone.value}`;
  let format = made.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat(locale.value, { timeStyle: 'medium', timeZone: zone.value });
    made.set(name, format);
  }
  return format.format(new Date(time));
}
