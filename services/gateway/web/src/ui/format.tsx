// format.tsx - how values of the API are shown, each kind in one way.
import { locale, word } from '../i18n';
import { showDecimal } from '../money';

/** Reads `balances.CEA.available` of a row. */
export function valueAt(row: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], row);
}

export function showTime(value: string): string {
  return new Intl.DateTimeFormat(locale.value, {
    dateStyle: 'medium',
    timeStyle: 'medium',
  }).format(new Date(value));
}

const GOOD =
  /^(active|succeeded|success|completed|approved|trading|filled|open|verified|published|resolved)$/;
const BAD =
  /^(failed|rejected|refused|closed|inactive|locked|halted|expired|dead|breached|deactivated|erased)$/;
const WAITING =
  /^(pending.*|partially_filled|in_review|waiting|submitted|restricted|cancel_only|information_requested)$/;

/** A state as a word and a colour, never a colour alone. */
export function Status({ value }: { value: string }) {
  const tone = GOOD.test(value)
    ? 'good'
    : BAD.test(value)
      ? 'bad'
      : WAITING.test(value)
        ? 'waiting'
        : 'plain';
  return <span class={`status ${tone}`}>{word('value', value)}</span>;
}

export function Id({ value }: { value: string }) {
  return (
    <code class="id" title={value}>
      {value.length > 20 ? `${value.slice(0, 8)}…${value.slice(-4)}` : value}
    </code>
  );
}

export type Kind = 'text' | 'amount' | 'time' | 'status' | 'id' | 'word' | 'list' | 'flag' | 'side';

export function Value({ value, kind }: { value: unknown; kind: Kind }) {
  if (value === null || value === undefined || value === '') return <span class="none">–</span>;
  const text = String(value);
  switch (kind) {
    case 'amount':
      return <span class="amount">{showDecimal(text)}</span>;
    case 'time':
      return <time dateTime={text}>{showTime(text)}</time>;
    case 'status':
      return <Status value={text} />;
    case 'id':
      return <Id value={text} />;
    case 'word':
      return <>{word('value', text)}</>;
    case 'side':
      return (
        <span class={`side ${text}`}>
          {text === 'buy' ? '▲' : '▼'} {word('value', text)}
        </span>
      );
    case 'flag':
      return <>{word('value', text)}</>;
    case 'list':
      return <>{(value as unknown[]).map((item) => word('value', String(item))).join(', ')}</>;
    case 'text':
      return <>{text}</>;
  }
}
