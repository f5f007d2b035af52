// format.tsx - how values of the API are shown, each kind in one way.
import { locale, word } from '../i18n';
import { parseE8, showDecimal, showPercent } from '../money';
import { showTime } from '../time';

/** Reads `balances.CEA.available` of a row. */
export function valueAt(row: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | null | undefined)?.[name], row);
}

const GOOD =
  /^(active|succeeded|success|completed|approved|trading|filled|open|new|verified|published|resolved)$/;
const BAD =
  /^(wrong|failed|rejected|refused|inactive|locked|halted|expired|dead|breached|deactivated|erased)$/;
const WAITING = /^(pending.*|partially_filled|in_review|waiting|submitted|restricted|cancel_only|needs_.*)$/;

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

/** With a sign, and in the colour of good or bad. */
export function Profit({ value }: { value: string | null | undefined }) {
  const e8 = parseE8(value ?? '') ?? 0n;
  return (
    <span class={`amount profit ${e8 > 0n ? 'gain' : e8 < 0n ? 'loss' : ''}`}>
      {e8 > 0n && '+'}
      {showDecimal(value)}
    </span>
  );
}

export function Id({ value }: { value: string }) {
  return (
    <code class="id" title={value}>
      {value.length > 20 ? `${value.slice(0, 8)}…${value.slice(-4)}` : value}
    </code>
  );
}

export type Kind =
  | 'text'
  | 'amount'
  | 'count'
  | 'profit'
  | 'share'
  | 'time'
  | 'status'
  | 'id'
  | 'word'
  | 'list'
  | 'side'
  | 'ticket'
  | 'name';

const NUMBERS = new Set<Kind>(['amount', 'count', 'profit', 'share']);
/** Whether it stands to the right, so that places are below each other. */
export const isNumber = (kind: Kind): boolean => NUMBERS.has(kind);

const AMOUNT =
  /(amount|quantity|price|notional|fees|balance|available|locked|total|size|forecast|actual|previous|strike|volume\w*|last|multiplier|cost|mark|value|value_before|exposure|fee|bought|sold|cash|max_\w+|\w+_millions|balance_\w+|\w+_percent|\w+_bps)$/;
const PROFIT = /(^|_)(pnl|flow)$/;
const SHARE = /(^|_)(share|return|return_since|drawdown|max_drawdown|fall|volatility_\w+)$/;
const WORD =
  /^(type|kind|category|priority|importance|action|entity_type|time_in_force|end_reason|code|role|right|liquidity|sector)$/;

/** What a value of that name is, where nobody says it. */
export function kindOf(name: string): Kind {
  const last = name.split('.').at(-1)!;
  if (/_at$/.test(last)) return 'time';
  if (/^(status|outcome|lifecycle|account_status)$/.test(last)) return 'status';
  if (/^(ticket_id|related)$/.test(last)) return 'ticket';
  if (/(^|_)id$|^hash$/.test(last)) return 'id';
  if (/^(roles|symbols|scopes|addresses)$/.test(last)) return 'list';
  if (last === 'side') return 'side';
  if (PROFIT.test(last)) return 'profit';
  if (SHARE.test(last)) return 'share';
  if (AMOUNT.test(last)) return 'amount';
  return WORD.test(last) ? 'word' : 'text';
}

/** Names of the venue's own are shown as they are: those of actions are its log's. */
const isCode = (text: string) => /^[A-Z]/.test(text);

export function Value({ value, kind }: { value: unknown; kind: Kind }) {
  if (value === null || value === undefined || value === '') return <span class="none">–</span>;
  if (typeof value === 'boolean') return <>{word('value', String(value))}</>;
  const text = String(value);
  switch (kind) {
    case 'amount':
      return <span class="amount">{showDecimal(text)}</span>;
    case 'count':
      return <span class="amount">{new Intl.NumberFormat(locale.value).format(BigInt(text))}</span>;
    case 'profit':
      return <Profit value={text} />;
    case 'share':
      return <span class="amount">{showPercent(text)}</span>;
    case 'time':
      return <time dateTime={text}>{showTime(text)}</time>;
    case 'status':
      return <Status value={text} />;
    case 'id':
      return <Id value={text} />;
    case 'word':
      return <>{isCode(text) ? text : word('value', text)}</>;
    case 'side':
      return (
        <span class={`side ${text}`}>
          {text === 'buy' ? '▲' : '▼'} {word('value', text)}
        </span>
      );
    case 'ticket':
      return <a href={`/admin/audit?open=${text}`}>{text}</a>;
    case 'list':
      return (
        <>
          {[value]
            .flat()
            .map((item) => (isCode(String(item)) ? String(item) : word('value', String(item))))
            .join(', ')}
        </>
      );
    case 'name':
    case 'text':
      return <>{text}</>;
  }
}

/** One value, or several of them; nothing that has parts of its own. */
const isPlain = (value: unknown) => [value].flat().every((one) => typeof one !== 'object' || one === null);

/** All that a thing has and that is one value, as a list of terms. */
export function Facts({ of, without = [] }: { of: object; without?: string[] }) {
  const shown = Object.entries(of).filter(([name, value]) => !without.includes(name) && isPlain(value));
  return (
    <dl class="facts">
      {shown.map(([name, value]) => (
        <div key={name}>
          <dt>{word('field', name)}</dt>
          <dd>
            <Value value={Array.isArray(value) && value.length === 0 ? null : value} kind={kindOf(name)} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
