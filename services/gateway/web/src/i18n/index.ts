// index.ts - every text of the page, by its key: t('key', { name: value }). The English dictionary says which keys
// there are; another language that lacks one does not type-check.
import { computed, effect, signal } from '@preact/signals';
import { keep, kept } from '../storage';
import { en } from './en';

export type Key = keyof typeof en;
export type Dictionary = Record<Key, string>;
export type Language = 'en' | 'de';
export const LANGUAGES: Record<Language, string> = { en: 'English', de: 'Deutsch' };

const system = (): Language => (globalThis.navigator?.language?.startsWith('de') ? 'de' : 'en');
export const language = signal<Language>((kept('language') as Language | null) ?? system());
/** For numbers and times. */
export const locale = computed(() => (language.value === 'de' ? 'de-DE' : 'en-GB'));

const dictionary = signal<Dictionary>(en);

/** Loads the language's texts; the page is drawn after the first time. */
export async function useLanguage(next: Language): Promise<void> {
  dictionary.value = next === 'de' ? (await import('./de')).de : en;
  language.value = next;
  document.documentElement.lang = next;
}

effect(() => keep('language', language.value));

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return dictionary.value[key].replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** Symbols of assets and instruments are names already. */
const SYMBOL = /^[A-Z0-9-]+$/;

const humanised = (name: string) => {
  if (SYMBOL.test(name)) return name;
  const words = name
    .replaceAll('_', ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** What a field, a value or an action of the API is called: its own text where the dictionary has one, else its name
 * made readable. */
export function word(kind: 'field' | 'value' | 'action', name: string): string {
  const key = `${kind}.${name}`;
  return key in dictionary.value ? dictionary.value[key as Key] : humanised(name);
}
