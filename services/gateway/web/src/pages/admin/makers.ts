// makers.ts - the market makers as choices of a field, and what each has.
import { signal } from '@preact/signals';
import * as ops from '../../api/generated/operations';
import { call, Problem } from '../../api/client';
import type { Item } from '../../api/types';

export type Maker = Item<'listMarketMakers'>;
export const makers = signal<Maker[]>([]);

/** Where they cannot be had, the list that needs them says why. */
export async function loadMakers(): Promise<void> {
  try {
    makers.value = (await call(ops.listMarketMakers, { query: { limit: 500 } })).items;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

export const nameOfMaker = (id: string): string =>
  makers.value.find((maker) => maker.id === id)?.name ?? `${id.slice(0, 8)}…`;

export const makerChoices = (): [string, string][] =>
  makers.value.map((maker) => [maker.id, maker.name ?? maker.id]);
