// trace.ts - where a request's trace begins (W3C Trace Context): at who clicked, and what comes of it in the venue is below.
//
// Each asks to be traced; the gateway takes as many of those as its settings say (BOURSE_TRACE_CLIENTS), and has the id of
// the trace in its log and its answer either way.

const hex = (size: number) =>
  [...crypto.getRandomValues(new Uint8Array(size))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');

/** The id of a trace: of one thing that somebody wants, however often it has to be asked for. */
export const newTrace = () => hex(16);

/** The header of one request of it. */
export const traceparent = (trace: string) => ({ traceparent: `00-${trace}-${hex(8)}-01` });
