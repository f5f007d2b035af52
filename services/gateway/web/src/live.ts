// live.ts - event streams of the venue that are held while somebody looks.
//
// Read by fetch, not EventSource: that tells nothing of heartbeats, so a connection that has died silently would look
// alive, and it gives up for ever at the first 503 of a gateway that restarts. Like it, this goes on behind the last id
// it has (Last-Event-ID). A tab that nobody looks at lets go: a browser has six connections to a host, for all tabs.
import { signal } from '@preact/signals';
import { Problem } from './api/client';
import { keepSession } from './api/session-state';
import { untraced } from './api/trace';
import { type Message, MessageCutter } from './sse';
import { connection } from './ui/pill';

export type StreamState = 'connecting' | 'live' | 'delayed' | 'lost';

/** The venue says something at least each 15 s. */
const SILENCE_S = 20;
const RETRY_MS = [200, 500, 1000, 2000, 4000];
const AGAIN_MS = 500;
const HIDDEN_MS = 60_000;
const TICK_MS = 1000;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const streams = new Set<Stream>();

export class Stream {
  readonly state = signal<StreamState>('connecting');
  private control: AbortController | undefined;
  private lastId = '';
  private heard_ms = 0;
  private tries = 0;

  constructor(
    private readonly address: string,
    private readonly take: (message: Message) => void,
    private readonly options: { asSomebody?: boolean; moved?: (id: string) => void } = {},
  ) {}

  open(after_ms = 0): void {
    if (this.control) return;
    streams.add(this);
    this.control = new AbortController();
    void this.run(this.control.signal, after_ms);
  }

  close(): void {
    streams.delete(this);
    this.letGo();
    showConnection();
  }

  /** What we have is void: begins without an id. */
  again(): void {
    this.forget();
    this.letGo();
    this.open(AGAIN_MS);
  }

  forget(): void {
    this.lastId = '';
  }

  letGo(): void {
    this.control?.abort();
    this.control = undefined;
    this.state.value = 'connecting';
  }

  /** How long nothing was heard, where that is longer than it may be; else 0. */
  silence_s(): number {
    const silence = Math.floor((Date.now() - this.heard_ms) / 1000);
    return this.state.value === 'live' || this.state.value === 'delayed'
      ? silence > SILENCE_S
        ? silence
        : 0
      : 0;
  }

  tick(): void {
    const silent = this.silence_s();
    if (silent > 2 * SILENCE_S) {
      this.letGo();
      this.open();
    } else if (silent) this.state.value = 'delayed';
  }

  private async run(signal: AbortSignal, after_ms: number): Promise<void> {
    if (after_ms) await wait(after_ms);
    while (!signal.aborted) {
      try {
        await this.once(signal);
      } catch (error) {
        if (signal.aborted) return;
        const isLost = [TypeError, DOMException, Problem].some((kind) => error instanceof kind);
        if (!isLost) throw error;
      }
      if (signal.aborted) return;
      this.state.value = this.tries > 1 ? 'lost' : 'connecting';
      await wait(RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)]!);
      this.tries++;
    }
  }

  /** One connection, to its end. */
  private async once(signal: AbortSignal): Promise<void> {
    const answer = await fetch(this.address, {
      signal,
      headers: {
        Accept: 'text/event-stream',
        ...untraced(),
        ...(this.lastId && { 'Last-Event-ID': this.lastId }),
      },
    });
    if (answer.status === 401 && this.options.asSomebody) await keepSession('TOKEN_EXPIRED');
    if (!answer.ok || !answer.body) return;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const cutter = new MessageCutter();
    cutter.lastId = this.lastId;
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      this.heard_ms = Date.now();
      this.tries = 0;
      const messages = cutter.take(value);
      this.options.moved?.(cutter.lastId);
      for (const message of messages) if (!signal.aborted) this.take(message);
      if (signal.aborted) return;
      this.lastId = cutter.lastId;
      this.state.value = 'live';
      showConnection();
    }
  }
}

const RANK: StreamState[] = ['live', 'delayed', 'connecting', 'lost'];

/** The pill says how the worst of the streams is. */
function showConnection(): void {
  const states = [...streams].map((stream) => stream.state.value);
  const worst = states.reduce<StreamState | undefined>(
    (found, one) => (found && RANK.indexOf(found) >= RANK.indexOf(one) ? found : one),
    undefined,
  );
  const delay_s = Math.max(0, ...[...streams].map((stream) => stream.silence_s()));
  const next = { state: worst ?? ('none' as const), delay_s };
  const { state, delay_s: before } = connection.value;
  if (state !== next.state || before !== next.delay_s) connection.value = next;
}

setInterval(() => {
  for (const stream of streams) stream.tick();
  showConnection();
}, TICK_MS);

let hidden: ReturnType<typeof setTimeout> | undefined;
document.addEventListener('visibilitychange', () => {
  clearTimeout(hidden);
  if (document.hidden)
    hidden = setTimeout(() => {
      for (const stream of streams) stream.letGo();
    }, HIDDEN_MS);
  else for (const stream of streams) stream.open();
});

/** Runs at the next frame, however often it is asked for until then: many messages are one drawing. */
export function eachFrame(draw: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}
