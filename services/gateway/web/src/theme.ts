// theme.ts - dark, light, or what the system says. public/theme.js has set it before the first paint.
import { computed, effect, signal } from '@preact/signals';
import { kept, keep } from './storage';

export type Theme = 'system' | 'light' | 'dark';
export const THEMES: Theme[] = ['system', 'light', 'dark'];

export const theme = signal<Theme>((kept('theme') as Theme | null) ?? 'system');

const darkSystem = matchMedia('(prefers-color-scheme: dark)');
const isSystemDark = signal(darkSystem.matches);
darkSystem.addEventListener('change', () => (isSystemDark.value = darkSystem.matches));

/** Which of the two is shown: who draws by himself draws again when it changes. */
export const isDark = computed(
  () => theme.value === 'dark' || (theme.value === 'system' && isSystemDark.value),
);

effect(() => {
  const root = document.documentElement;
  if (theme.value === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme.value;
  keep('theme', theme.value);
});

const probe = document.createElement('span');
probe.hidden = true;

/** A colour of theme.css as it is shown now, for drawings that know no CSS. */
export function colorOf(name: string): string {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
