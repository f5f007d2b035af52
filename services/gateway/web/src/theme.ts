// theme.ts - dark, light, or what the system says. public/theme.js has set it before the first paint.
import { effect, signal } from '@preact/signals';
import { kept, keep } from './storage';

export type Theme = 'system' | 'light' | 'dark';
export const THEMES: Theme[] = ['system', 'light', 'dark'];

export const theme = signal<Theme>((kept('theme') as Theme | null) ?? 'system');

effect(() => {
  const root = document.documentElement;
  if (theme.value === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme.value;
  keep('theme', theme.value);
});
