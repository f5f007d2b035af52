// instruments.ts - what there is to trade, as choices of a field.
import { signal } from '@preact/signals';
import * as ops from '../../api/generated/operations';
import { call, Problem } from '../../api/client';

const symbols = signal<string[]>([]);
let isAsked = false;

async function load(): Promise<void> {
  try {
    const { items } = await call(ops.listMarketInstruments, { query: { limit: 500 } });
    symbols.value = items.map(({ symbol }) => symbol);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    isAsked = false;
  }
}

/** Loaded when they are first asked for. */
export function symbolChoices(): [string, string][] {
  if (!isAsked) {
    isAsked = true;
    void load();
  }
  return symbols.value.map((symbol): [string, string] => [symbol, symbol]);
}
