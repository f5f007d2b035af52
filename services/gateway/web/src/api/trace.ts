// trace.ts - where a request's trace begins (W3C Trace Context): at who clicked, and what comes of it in the venue is below.
//
//     page placeOrder               from the click until it is known what came of it
//       '-- POST /api/v1/orders     each request of it; below it stand the venue's own spans
//
// Whoever is signed in asks for each to be traced. The gateway takes as many of those as its settings say
// (BOURSE_TRACE_CLIENTS, BOURSE_TRACE_SAMPLE), and its answer says which: of these alone the page's own spans are sent after
// it, a few at a time, once; they are lost where that fails. A venue that traces nothing takes none, so none are sent. The id
// of the trace the gateway has in its log and its answer either way.
import * as ops from './generated/operations';
import { csrf } from './session-state';
import type { Body, OperationId } from './types';

type Span = Body<'recordPageSpans'>['spans'][number];

const SEND_AFTER_MS = 2000;
const WAITING_MAX = 64;

const hex = (size: number) =>
  [...crypto.getRandomValues(new Uint8Array(size))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');

const now_us = () => Math.trunc((performance.timeOrigin + performance.now()) * 1000);

const header = (trace: string, span: string, asks: boolean) => ({
  traceparent: `00-${trace}-${span}-0${Number(asks)}`,
});

/** The header of a request that the page has no span of, such as a stream's. */
export const untraced = () => header(hex(16), hex(8), false);

let waiting: Span[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/** What waits is sent, if there is anybody to send it: the page may be left, or its session over, at any time. */
export function sendSpans(): void {
  clearTimeout(timer);
  const spans = waiting;
  waiting = [];
  timer = undefined;
  if (!spans.length || !csrf.value) return;
  const body: Body<'recordPageSpans'> = { sent_us: now_us(), spans };
  const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf.value };
  void fetch(ops.recordPageSpans.path, {
    method: 'POST',
    keepalive: true,
    headers,
    body: JSON.stringify(body),
  }).catch(() => undefined);
}

function enqueue(spans: Span[]): void {
  if (waiting.length + spans.length > WAITING_MAX) sendSpans();
  waiting.push(...spans.slice(0, WAITING_MAX));
  timer ??= setTimeout(sendSpans, SEND_AFTER_MS);
}

export interface TracedRequest {
  headers: { traceparent: string };
  /** A status of 0: nothing came back. */
  answered: (status: number, headers: Headers) => void;
}

/** One thing that somebody wants, however often it has to be asked for. */
export class Trace {
  private readonly id = hex(16);
  private readonly root = hex(8);
  private readonly began_us = now_us();
  private readonly spans: Span[] = [];
  private isSampled = false;

  /** Who is nobody yet, or is about to be, could not send its spans, so does not ask for them. */
  constructor(
    private readonly operation: OperationId,
    private readonly asks = csrf.value !== '' && operation !== 'logout',
  ) {}

  request(operation = this.operation): TracedRequest {
    const [span_id, began_us] = [hex(8), now_us()];
    return {
      headers: header(this.id, span_id, this.asks),
      answered: (status, headers) => {
        this.isSampled ||= this.asks && (headers.get('traceparent') ?? '').endsWith('-01');
        this.spans.push({
          trace_id: this.id,
          span_id,
          parent_id: this.root,
          operation,
          began_us,
          ended_us: now_us(),
          status,
        });
      },
    };
  }

  /** It is known what came of it: its status is that of the last answer. */
  end(): void {
    const last = this.spans.at(-1);
    if (!this.isSampled || !last) return;
    const root = {
      trace_id: this.id,
      span_id: this.root,
      operation: this.operation,
      began_us: this.began_us,
      ended_us: now_us(),
      status: last.status,
    };
    enqueue([root, ...this.spans]);
  }
}

/** Sends what waits when the page goes out of sight, which may be the last that is heard of it. */
export function sendSpansWhenLeft(): void {
  addEventListener('pagehide', sendSpans);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') sendSpans();
  });
}
