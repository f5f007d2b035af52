// pill.tsx - how live what one sees is: a word and a colour.
import { signal } from '@preact/signals';
import { t } from '../i18n';

export type Connection = 'none' | 'connecting' | 'live' | 'delayed' | 'lost';

/** Set by whoever holds the page's event stream; `none`: the page shown has none. */
export const connection = signal<{ state: Connection; delay_s?: number }>({ state: 'none' });

export function ConnectionPill() {
  const { state, delay_s } = connection.value;
  if (state === 'none') return null;
  return (
    <span class={`pill ${state}`} role="status">
      {t(`connection.${state}`, { seconds: delay_s ?? 0 })}
    </span>
  );
}
