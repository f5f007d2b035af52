// keys.ts - the keyboard: single keys that move through what a page shows, and open what it has. They can be switched off
// (WCAG 2.1.4), and never act while somebody is typing. Ctrl/⌘ K works always.
import { signal } from '@preact/signals';
import { visible } from './app';
import { go } from './router';
import { routes } from './routes';
import { keep, kept } from './storage';

export const singleKeys = signal(kept('keys') !== 'off');
export const palette = signal(false);
export const overlay = signal(false);

export function switchKeys(on: boolean): void {
  singleKeys.value = on;
  keep('keys', on ? 'on' : 'off');
}

const PREFIX_MS = 1500;
let prefixed = 0;

const find = (selector: string) => document.querySelector<HTMLElement>(selector);
const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest('input, select, textarea, [contenteditable]') !== null;

/** Moves the focus to the next or previous row. */
function step(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main tr[data-key]')].filter(
    (row) => row.tabIndex === -1 || row.tabIndex === 0,
  );
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? 0 : at + by];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

function goTo(letter: string): boolean {
  const route = routes.find((one) => one.letter === letter && visible(one));
  if (route) go(route.path);
  return route !== undefined;
}

/** Closes the topmost thing that can be closed. Dialogs close themselves. */
function escape(): void {
  if (palette.value || overlay.value) {
    palette.value = overlay.value = false;
    return;
  }
  find('.panel > header button')?.click();
}

const KEYS: Record<string, () => void> = {
  '?': () => (overlay.value = true),
  '/': () => find('form.filters input')?.focus(),
  j: () => step(1),
  k: () => step(-1),
  c: () => find('[data-create]')?.click(),
  g: () => (prefixed = Date.now()),
};

function onKey(event: KeyboardEvent): void {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    palette.value = !palette.value;
    return;
  }
  if (find('dialog[open]')) return;
  if (event.key === 'Escape') {
    if (isTyping(event.target)) (event.target as HTMLElement).blur();
    else escape();
    return;
  }
  const plain = !(event.ctrlKey || event.metaKey || event.altKey);
  if (!plain || !singleKeys.value || isTyping(event.target)) return;
  if (Date.now() - prefixed < PREFIX_MS) {
    prefixed = 0;
    if (goTo(event.key)) event.preventDefault();
    return;
  }
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

export function listenToKeys(): void {
  document.addEventListener('keydown', onKey);
}
