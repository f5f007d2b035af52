// client.ts - calls to the API, typed by their operation.
//
// A write has an Idempotency-Key, so whatever happens on the way it can be asked again until its outcome is known:
// where nothing came back, or 202 says that it will be found elsewhere, `unknown` is told, and the outcome is waited
// for. It is never taken for a failure.
import { keepSession, sessionOver, csrf } from './session-state';
import { Trace, type TracedRequest, untraced } from './trace';
import type { Answer, Body, Operation, OperationId, Path, ProblemCode, Query } from './types';

export interface FieldError {
  field: string;
  code: string;
  message: string;
}

/** What the venue refused, as it said so (RFC 9457); code OFFLINE where nothing came back. */
export class Problem extends Error {
  readonly code: ProblemCode | 'OFFLINE';
  readonly status: number;
  readonly detail: string;
  readonly errors: FieldError[];
  readonly requestId: string | undefined;
  readonly members: Record<string, unknown>;

  constructor(body: Record<string, unknown>, status: number) {
    super(String(body['title'] ?? body['detail'] ?? status));
    this.code = (body['code'] as ProblemCode) ?? 'OFFLINE';
    this.status = status;
    this.detail = String(body['detail'] ?? body['title'] ?? '');
    this.errors = (body['errors'] as FieldError[]) ?? [];
    this.requestId = body['request_id'] as string | undefined;
    this.members = body;
  }
}

export interface Arguments<Id extends OperationId> {
  path?: Path<Id>;
  query?: Query<Id>;
  body?: Body<Id>;
  /** The ETag that the change is made to. */
  version?: string;
  /** Sent as it is, instead of a body; `progress` is told which part of it has gone. */
  file?: Blob;
  progress?: (part: number) => void;
  /** Goes on when the page is left, with what its answer sets. */
  keepalive?: boolean;
  key?: string;
  signal?: AbortSignal;
  /** Told when the outcome is not known for now; it will be. */
  unknown?: () => void;
}

export interface Answered<Id extends OperationId> {
  value: Answer<Id>;
  etag: string | undefined;
}

const RETRIES_MAX = 30;
const RETRY_MS = 1000;
const UNKNOWN = new Set([0, 502, 503, 504]);

/** How far of each partition the reader has been shown the log, by answers and by streams. */
const shown = new Map<string, number>();

/** "orders/0:55 accounts/1:90", of an answer or a stream's id: what is read from now on must know as much. */
export function learnPosition(text: string): void {
  for (const [, partition, offset] of text.matchAll(/(\S+):(\d+)(?:\.\d+)?/g))
    shown.set(partition!, Math.max(shown.get(partition!) ?? 0, Number(offset)));
}

const position = () => [...shown].map(([partition, offset]) => `${partition}:${offset}`).join(' ');

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function addressOf<Id extends OperationId>(operation: Operation<Id>, given: Arguments<Id>): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(String((given.path as Record<string, unknown>)[name])),
  );
  const query = Object.entries((given.query ?? {}) as Record<string, unknown>)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return query.length ? `${path}?${query.join('&')}` : path;
}

function headersOf<Id extends OperationId>(operation: Operation<Id>, given: Arguments<Id>, key: string) {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (given.body !== undefined) headers['Content-Type'] = 'application/json';
  if (given.file) headers['Content-Type'] = 'application/octet-stream';
  if (operation.method !== 'GET' && csrf.value) headers['X-CSRF-Token'] = csrf.value;
  if (operation.idempotent) headers['Idempotency-Key'] = key;
  if (given.version) headers['If-Match'] = given.version;
  if (shown.size) headers['X-Position'] = position();
  return headers;
}

interface Sent {
  status: number;
  headers: Headers;
  body: any;
}

const NOTHING: Sent = { status: 0, headers: new Headers(), body: { code: 'OFFLINE' } };

function answered(status: number, headers: Headers, text: string): Sent {
  learnPosition(headers.get('X-Position') ?? '');
  const isJson = /json/.test(headers.get('Content-Type') ?? '');
  return { status, headers, body: isJson && text ? JSON.parse(text) : text };
}

type Wire = Pick<Arguments<OperationId>, 'signal' | 'keepalive'> & { body?: unknown };

/** One request. A status of 0: nothing came back. */
async function send(method: string, address: string, headers: Record<string, string>, given: Wire = {}) {
  const { body, signal, keepalive } = given;
  try {
    const answer = await fetch(address, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
      ...(keepalive && { keepalive }),
    });
    return answered(answer.status, answer.headers, await answer.text());
  } catch (error) {
    if (signal?.aborted) throw error;
    return NOTHING;
  }
}

/** As send(), of a file: fetch does not say how much of a body has gone. */
function sendFile(
  method: string,
  address: string,
  headers: Record<string, string>,
  { file, progress }: Pick<Arguments<OperationId>, 'file' | 'progress'>,
): Promise<Sent> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => progress?.(event.loaded / event.total);
    request.onerror = () => resolve(NOTHING);
    request.onload = () => {
      const lines = request.getAllResponseHeaders().trim().split('\r\n');
      const pairs = lines.map((line): [string, string] => {
        const [name, ...value] = line.split(': ');
        return [name!, value.join(': ')];
      });
      resolve(answered(request.status, new Headers(pairs), request.responseText));
    };
    request.send(file);
  });
}

async function traced(
  request: TracedRequest,
  send: (headers: TracedRequest['headers']) => Promise<Sent>,
): Promise<Sent> {
  const answer = await send(request.headers);
  request.answered(answer.status, answer.headers);
  return answer;
}

/** What became of a command whose answer did not come in time. */
async function outcome(location: string, trace: Trace): Promise<unknown> {
  for (let i = 0; i < RETRIES_MAX; i++) {
    const answer = await traced(trace.request('getCommand'), (headers) =>
      send('GET', location, { Accept: 'application/json', ...headers }),
    );
    const known = answer.status === 200 && answer.body.status !== 'pending';
    if (known && answer.body.status === 'succeeded') return answer.body.result;
    if (known) throw new Problem({ ...answer.body, detail: answer.body.code }, 409);
    await wait(RETRY_MS);
  }
  throw new Problem({ code: 'OUTCOME_PENDING' }, 202);
}

/** Who is nobody yet cannot ask what became of a command. */
async function settle(
  answer: Sent,
  unknown: (() => void) | undefined,
  asSomebody: boolean,
  trace: Trace,
): Promise<unknown> {
  if (asSomebody && answer.status === 202 && answer.body.code === 'OUTCOME_PENDING') {
    unknown?.();
    return outcome(answer.headers.get('Location')!, trace);
  }
  if (answer.status >= 400 || answer.status === 202 || answer.status === 0)
    throw new Problem(typeof answer.body === 'object' ? answer.body : {}, answer.status);
  return answer.body;
}

/** The file that an operation answers with, of the type that is asked for, to be saved. */
export async function download<Id extends OperationId>(
  operation: Operation<Id>,
  given: Arguments<Id>,
  type: string,
): Promise<void> {
  const answer = await fetch(addressOf(operation, given), {
    headers: { Accept: type, ...untraced() },
  });
  if (!answer.ok) throw new Problem(await answer.json(), answer.status);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? '';
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Calls an operation and gives its answer with its version. Throws a Problem. */
export async function ask<Id extends OperationId>(
  operation: Operation<Id>,
  given: Arguments<Id> = {},
): Promise<Answered<Id>> {
  const trace = new Trace(operation.id);
  try {
    return await askUntilKnown(operation, given, trace);
  } finally {
    trace.end();
  }
}

async function askUntilKnown<Id extends OperationId>(
  operation: Operation<Id>,
  given: Arguments<Id>,
  trace: Trace,
): Promise<Answered<Id>> {
  const address = addressOf(operation, given);
  const key = given.key ?? crypto.randomUUID();
  const once = () =>
    traced(trace.request(), (traceparent) => {
      const headers = { ...headersOf(operation, given, key), ...traceparent };
      return given.file
        ? sendFile(operation.method, address, headers, given)
        : send(operation.method, address, headers, given);
    });
  let answer = await once();
  const asSomebody = !operation.allow.includes('public');
  if (answer.status === 401 && asSomebody && (await keepSession(answer.body.code))) answer = await once();
  for (let i = 0; operation.idempotent && UNKNOWN.has(answer.status) && i < RETRIES_MAX; i++) {
    given.unknown?.();
    await wait(Number(answer.headers.get('Retry-After') ?? 1) * RETRY_MS);
    answer = await once();
  }
  if (answer.status === 401 && asSomebody) sessionOver(answer.body.code);
  const value = (await settle(answer, given.unknown, asSomebody, trace)) as Answer<Id>;
  return { value, etag: answer.headers.get('ETag') ?? undefined };
}

export async function call<Id extends OperationId>(
  operation: Operation<Id>,
  given: Arguments<Id> = {},
): Promise<Answer<Id>> {
  return (await ask(operation, given)).value;
}
