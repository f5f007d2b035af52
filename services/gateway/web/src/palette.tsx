// palette.tsx - Ctrl/⌘ K: every page that one may see, and a ticket by its number. And the overlay that says what keys
// there are.
import { useSignal } from '@preact/signals';
import { visible } from './app';
import { t } from './i18n';
import { overlay, palette, singleKeys, switchKeys } from './keys';
import { go } from './router';
import { routes } from './routes';
import { hasRole, signOut } from './session';
import { THEMES, theme } from './theme';
import { Dialog } from './ui/dialog';

interface Choice {
  text: string;
  act: () => void;
}

const TICKET = /^(TKT-)?\d{4}-\d{4,}$/i;

function choices(): Choice[] {
  const pages = routes
    .filter((route) => visible(route) && !route.isOutside && !route.path.includes(':'))
    .map((route) => ({ text: t(route.title), act: () => go(route.path) }));
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!;
  return [
    ...pages,
    { text: `${t('theme')}: ${t(`theme.${next}`)}`, act: () => (theme.value = next) },
    { text: t('signOut'), act: () => void signOut() },
  ];
}

function found(typed: string): Choice[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = choices().filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)));
  if (!TICKET.test(typed.trim()) || !hasRole('operator', 'admin', 'auditor')) return fitting;
  const id = typed
    .trim()
    .toUpperCase()
    .replace(/^(?!TKT-)/, 'TKT-');
  return [{ text: t('palette.ticket', { id }), act: () => go(`/admin/audit?open=${id}`) }, ...fitting];
}

export function Palette() {
  const typed = useSignal('');
  const at = useSignal(0);
  const list = found(typed.value);
  const close = () => (palette.value = false);
  const take = (choice: Choice | undefined) => {
    close();
    choice?.act();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      event.preventDefault();
      at.value = (at.value + by + list.length) % Math.max(list.length, 1);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      take(list[at.value]);
    }
  };
  return (
    <Dialog title={t('palette')} onClose={close}>
      <input
        class="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={list.length ? `palette-${at.value}` : undefined}
        aria-label={t('palette')}
        placeholder={t('palette.hint')}
        autoFocus
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <ul class="palette-list" id="palette-list" role="listbox" aria-label={t('palette')}>
        {list.map((choice, i) => (
          <li
            key={choice.text}
            id={`palette-${i}`}
            role="option"
            aria-selected={i === at.value}
            onClick={() => take(choice)}
          >
            {choice.text}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

const KEYS = [
  ['Ctrl K', 'keys.palette'],
  ['?', 'keys.overlay'],
  ['/', 'keys.filter'],
  ['j  k', 'keys.rows'],
  ['Enter', 'keys.open'],
  ['c', 'keys.create'],
  ['Esc', 'keys.close'],
] as const;

export function KeysOverlay() {
  const letters = routes.filter((route) => route.letter && visible(route));
  return (
    <Dialog title={t('keys')} onClose={() => (overlay.value = false)}>
      <dl class="facts keys">
        {KEYS.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
        {letters.map((route) => (
          <div key={route.path}>
            <dt>
              <kbd>g {route.letter}</kbd>
            </dt>
            <dd>{t(route.title)}</dd>
          </div>
        ))}
      </dl>
      <div class="field boolean">
        <input
          id="single-keys"
          type="checkbox"
          checked={singleKeys.value}
          onChange={(event) => switchKeys(event.currentTarget.checked)}
        />
        <label for="single-keys">{t('keys.single')}</label>
      </div>
    </Dialog>
  );
}
