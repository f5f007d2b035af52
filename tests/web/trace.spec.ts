// trace.spec.ts - an order's trace, from the click to the rows that it changed, as a receiver of OpenTelemetry's gets it. The
// definitions of its messages that OpenTelemetry publishes are read with in tests/integration/trace_test.py; here it is
// enough to know where a span has its ids and its name.
import { createServer } from 'node:http';
import { openDesk, order, ownInstrument } from './desk';
import { expect, test } from './venue';

interface Span {
  trace: string;
  id: string;
  parent: string;
  name: string;
}

/** The fields of a message in protobuf that are bytes, each by its number. */
function fields(message: Buffer): [number, Buffer][] {
  const found: [number, Buffer][] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const wire = key & 7;
    if (wire === 0) varint();
    else {
      const size = wire === 1 ? 8 : varint();
      if (wire === 2) found.push([key >> 3, message.subarray(at, at + size)]);
      at += size;
    }
  }
  return found;
}

const inside = (message: Buffer, number: number) =>
  fields(message).flatMap(([n, value]) => (n === number ? [value] : []));

/** ExportTraceServiceRequest: resource_spans 1, of it scope_spans 2, of it spans 2. */
const spansOf = (request: Buffer): Span[] =>
  inside(request, 1)
    .flatMap((resource) => inside(resource, 2))
    .flatMap((scope) => inside(scope, 2))
    .map((span) => {
      const text = (number: number, as: 'hex' | 'utf8') => inside(span, number)[0]?.toString(as) ?? '';
      return { trace: text(1, 'hex'), id: text(2, 'hex'), parent: text(4, 'hex'), name: text(5, 'utf8') };
    });

/** Takes what the venue sends to `endpoint`, until it is closed. */
async function receiver(endpoint: string) {
  const got: Span[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      got.push(...spansOf(Buffer.concat(parts)));
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(endpoint).port), '127.0.0.1', resolve));
  return {
    of: (trace: string) => got.filter((span) => span.trace === trace),
    close: () => server.close(),
  };
}

const REACHED = [
  'page placeOrder',
  'POST /api/v1/orders',
  'project bourse.orders.events',
  'project bourse.accounts.events',
];

test('an order that is placed in the page is one tree, from the click to the rows', async ({
  page,
  venue,
}) => {
  const endpoint = process.env['BOURSE_OTLP_ENDPOINT'];
  test.skip(
    !endpoint || process.env['BOURSE_TRACE_CLIENTS'] !== 'on',
    'the stack sends no traces that clients ask for',
  );
  const { base, symbol } = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000' });
  await openDesk(page, symbol, trader);
  const receives = await receiver(endpoint!);
  try {
    const answered = page.waitForResponse(
      (one) => one.url().endsWith('/api/v1/orders') && one.status() === 201,
    );
    await order(page, 'Buy', base, { Quantity: '10', 'Limit price': '12.50' });
    const [, trace, , flags] = (await (await answered).headerValue('traceparent'))!.split('-');
    expect(flags, 'the venue traces it').toBe('01');
    const names = () => receives.of(trace!).map(({ name }) => name);
    await expect.poll(names, { timeout: 30_000 }).toEqual(expect.arrayContaining(REACHED));
    const spans = receives.of(trace!);
    const ids = new Set(spans.map(({ id }) => id));
    const loose = spans.filter(({ parent }) => !ids.has(parent));
    expect(loose.map(({ name, parent }) => [name, parent])).toEqual([['page placeOrder', '']]);
  } finally {
    receives.close();
  }
});
