// clock.ts - a time of today, to the second. A formatter is made once a language: it costs more than a frame has.
import { locale } from '../i18n';

const made = new Map<string, Intl.DateTimeFormat>();

export function clock(time: string): string {
  let format = made.get(locale.value);
  if (!format) {
    format = new Intl.DateTimeFormat(locale.value, { timeStyle: 'medium' });
    made.set(locale.value, format);
  }
  return format.format(new Date(time));
}
