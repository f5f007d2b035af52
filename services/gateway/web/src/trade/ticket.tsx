// ticket.tsx - the order ticket. While one writes, the venue says what would come of it, by the decision that placing it
// would meet; so what it would refuse is known before it is sent. Nothing is sent on prices that are not current.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import * as ops from '../api/generated/operations';
import { call, Problem } from '../api/client';
import type { Answer } from '../api/types';
import { t, word } from '../i18n';
import { showDecimal } from '../money';
import { person } from '../session';
import { Dialog } from '../ui/dialog';
import { Input } from '../ui/form';
import { problemText, toast } from '../ui/toast';
import { Foresight, PreviewFacts, useForeseen } from './foresight';
import type { Market } from './market';
import {
  askedOf,
  type Entries,
  faultsOf,
  type NewOrder,
  orderOf,
  type OrderType,
  stepped,
} from './order-form';
import { balances, orderText } from './own';

export type Instrument = Answer<'getMarketInstrument'>;

const TYPES: OrderType[] = ['limit', 'market', 'stop', 'stop_limit', 'take_profit', 'trailing_stop'];
const SIDES = ['buy', 'sell'] as const;

interface Preferences {
  type: OrderType;
  mustConfirm: boolean;
}

function usePreferences(): Preferences | undefined {
  const [found, set] = useState<Preferences>();
  useEffect(() => {
    const whatever = { type: 'limit' as const, mustConfirm: true };
    call(ops.getPreferences)
      .then((given) => set({ type: given.default_order_type, mustConfirm: given.require_confirmation }))
      .catch(() => set(whatever));
  }, [person.value?.id]);
  return found;
}

/** Sends; until the outcome is known it is said to be unknown, and sent again only as the same order. */
function useSending(done: () => void) {
  const key = useRef({ of: '', key: '' });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const send = async (order: NewOrder) => {
    const of = JSON.stringify(order);
    if (key.current.of !== of) key.current = { of, key: crypto.randomUUID() };
    let settled = () => {};
    const unknown = () => {
      settled();
      settled = toast('waiting', t('ticket.unknown'));
    };
    setBusy(true);
    setProblem(undefined);
    try {
      const placed = await call(ops.placeOrder, { body: order, key: key.current.key, unknown });
      key.current = { of: '', key: '' };
      const values = {
        what: orderText(placed),
        status: word('value', placed.status),
        id: placed.id.slice(-8),
      };
      toast('good', t('ticket.placed', values));
      done();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!['OFFLINE', 'OUTCOME_PENDING'].includes(error.code)) key.current = { of: '', key: '' };
      setProblem(error);
    } finally {
      settled();
      setBusy(false);
    }
  };
  return { send, busy, problem };
}

/** Why nothing can be sent now. */
function hindrance(market: Market, instrument: Instrument): string | undefined {
  if (!market.isCurrent) return t('ticket.stale');
  if (instrument.status !== 'open')
    return t('ticket.closed', { status: word('value', instrument.status).toLowerCase() });
  return undefined;
}

interface Props {
  market: Market;
  instrument: Instrument;
  /** A price that was picked in the book. */
  picked: { price: string };
}

function Available({ instrument, side }: { instrument: Instrument; side: 'buy' | 'sell' }) {
  const asset = side === 'buy' ? instrument.quote : instrument.base;
  return (
    <p class="available">
      {t('ticket.available')} <b>{showDecimal(balances.value[asset]?.available ?? '0')}</b> {asset}
    </p>
  );
}

function TicketForm({ market, instrument, picked, preferences }: Props & { preferences: Preferences }) {
  void market.drawn.value;
  const [side, setSide] = useState<'buy' | 'sell'>('buy');
  const [type, setType] = useState<OrderType>(preferences.type);
  const [entries, setEntries] = useState<Entries>({ time_in_force: 'gtc' });
  const [tried, setTried] = useState(false);
  const [asking, ask] = useState<NewOrder>();
  const faults = faultsOf(type, side, entries);
  const isWhole = Object.keys(faults).length === 0;
  const order = useMemo(
    () => (isWhole ? orderOf(instrument.symbol, type, side, entries) : undefined),
    [isWhole, instrument.symbol, type, side, entries],
  );
  const { quote } = market;
  const foreseen = useForeseen(ops.previewOrder, order && { body: order }, [quote?.bid, quote?.ask]);
  const { send, busy, problem } = useSending(() => {
    setEntries((before) => ({ time_in_force: before['time_in_force'] }));
    setTried(false);
  });
  useEffect(() => {
    if (picked.price) setEntries((before) => ({ ...before, limit_price: picked.price }));
  }, [picked]);
  const refused = (problem ?? foreseen.problem)?.errors ?? [];
  const errorOf = (name: string) =>
    (tried && faults[name] && t(faults[name])) || refused.find((one) => one.field === name)?.message;
  const total = balances.value[instrument.base]?.total ?? '0';
  const held = { asset: instrument.base, total, side };
  const hindered = hindrance(market, instrument);

  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    const [first] = Object.keys(faults);
    if (first) (event.target as Element).querySelector<HTMLElement>(`[name="${first}"]`)?.focus();
    if (!order || hindered) return;
    if (preferences.mustConfirm) ask(order);
    else void send(order);
  };
  const step = (event: KeyboardEvent) => {
    const input = event.target as HTMLInputElement;
    const size = input.name === 'quantity' ? instrument.lot_size : instrument.tick_size;
    if (!/Arrow(Up|Down)/.test(event.key) || !/quantity|_price$/.test(input.name)) return;
    event.preventDefault();
    setEntries({ ...entries, [input.name]: stepped(input.value, size, event.key === 'ArrowUp') });
  };

  const asked = askedOf(type, side, entries);
  const input = (isMore: boolean) =>
    asked
      .filter((one) => one.isMore === isMore)
      .map(({ field }) => (
        <Input
          key={field.name}
          leaf={{ name: field.name, field }}
          options={{}}
          value={entries[field.name] ?? ''}
          error={errorOf(field.name)}
          onChange={(value) => setEntries({ ...entries, [field.name]: value })}
        />
      ));
  const verb = `${word('value', side)} ${instrument.base}`;
  return (
    <form class={`form ticket-form ${side}`} noValidate onSubmit={submit} onKeyDown={step}>
      <div class="sides" role="group" aria-label={word('field', 'side')}>
        {SIDES.map((one) => (
          <button
            key={one}
            type="button"
            class={one}
            aria-pressed={side === one}
            onClick={() => setSide(one)}
          >
            {one === 'buy' ? '▲' : '▼'} {word('value', one)}
          </button>
        ))}
      </div>
      <Input
        leaf={{ name: 'type', field: { name: 'type', kind: 'choice', required: true, choices: TYPES } }}
        options={{}}
        value={type}
        error={undefined}
        onChange={(value) => setType(value as OrderType)}
      />
      {input(false)}
      {asked.some((one) => one.isMore) && (
        <details>
          <summary>{t('ticket.more')}</summary>
          <div class="form">{input(true)}</div>
        </details>
      )}
      <Available instrument={instrument} side={side} />
      <Foresight foreseen={foreseen} quote={instrument.quote} held={held} />
      {problem && (
        <p class="refusal" role="alert">
          {problemText(problem)}
        </p>
      )}
      {hindered && <p class="notice">{hindered}</p>}
      <button type="submit" class={`send ${side}`} disabled={busy || hindered !== undefined} aria-busy={busy}>
        {busy ? t('ticket.sending') : verb}
      </button>
      {asking && (
        <Dialog title={t('ticket.confirm')} onClose={() => ask(undefined)}>
          <p class="confirm-text">{`${orderText(asking)} · ${word('value', asking.type)}`}</p>
          {foreseen.preview && (
            <PreviewFacts preview={foreseen.preview} quote={instrument.quote} held={held} />
          )}
          <footer class="confirm-buttons">
            <button type="button" onClick={() => ask(undefined)}>
              {t('back')}
            </button>
            <button
              type="button"
              class={`send ${side}`}
              disabled={hindered !== undefined}
              onClick={() => {
                ask(undefined);
                void send(asking);
              }}
            >
              {verb}
            </button>
          </footer>
        </Dialog>
      )}
    </form>
  );
}

export function Ticket(props: Props) {
  return (
    <section class="ticket" aria-labelledby="ticket-title">
      <header>
        <h2 id="ticket-title">{t('ticket.title')}</h2>
      </header>
      {person.value ? <SignedIn {...props} /> : <SignedOut symbol={props.market.symbol} />}
    </section>
  );
}

function SignedIn(props: Props) {
  const preferences = usePreferences();
  return preferences ? (
    <TicketForm {...props} preferences={preferences} />
  ) : (
    <p class="loading">{t('list.loading')}</p>
  );
}

const SignedOut = ({ symbol }: { symbol: string }) => (
  <p class="notice">
    <a href={`/login?next=/trade/${symbol}`}>{t('ticket.signIn')}</a>
  </p>
);
