// list.ts - a list of the API as a signal of its rows: page after page by its cursor, anew when its filters change, and
// after each write that concerns it.
import { useSignal } from '@preact/signals';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import { call, Problem } from '../api/client';
import type { Item, Operation, OperationId, Path, Query } from '../api/types';
import { problemText } from './toast';

export interface List<Row> {
  rows: Row[];
  more: boolean;
  loading: boolean;
  problem: string;
  reload: () => Promise<void>;
  /** As reload, unless more than the first page is shown: nothing that is read goes away. */
  firstAgain: () => Promise<void>;
  next: () => Promise<void>;
}

/** While somebody looks at it. */
export function useEvery(seconds: number | undefined, reload: () => Promise<void>): void {
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => {
    if (!seconds) return undefined;
    const timer = setInterval(() => document.hidden || void latest.current(), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
}

/** Does it soon after `moved` has moved, once for many movements. */
export function useSoon(moved: unknown, act: () => unknown, after_ms: number): void {
  const latest = useRef(act);
  latest.current = act;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (!moved || timer.current) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void latest.current();
    }, after_ms);
  }, [moved]);
  useEffect(() => () => clearTimeout(timer.current), []);
}

interface Loaded<Row> {
  pages: number;
  rows: Row[];
  cursor: string | null;
  loading: boolean;
  problem: string;
}

export function useList<Id extends OperationId>(
  operation: Operation<Id>,
  given: { path?: Path<Id>; query?: Record<string, string> },
): List<Item<Id>> {
  const state = useSignal<Loaded<Item<Id>>>({
    pages: 0,
    rows: [],
    cursor: null,
    loading: true,
    problem: '',
  });
  const wanted = JSON.stringify(given);
  const running = useRef<AbortController>(undefined);

  const load = useCallback(
    async (cursor: string | null) => {
      running.current?.abort();
      const control = new AbortController();
      running.current = control;
      state.value = { ...state.value, loading: true };
      try {
        const { path, query } = JSON.parse(wanted) as typeof given;
        const answer = (await call(operation, {
          ...(path && { path }),
          query: { ...query, ...(cursor && { cursor }) } as Query<Id>,
          signal: control.signal,
        })) as { items: Item<Id>[]; next_cursor: string | null };
        const before = cursor ? state.value.rows : [];
        state.value = {
          pages: cursor ? state.value.pages + 1 : 1,
          rows: [...before, ...answer.items],
          cursor: answer.next_cursor,
          loading: false,
          problem: '',
        };
      } catch (error) {
        if (control.signal.aborted) return;
        if (!(error instanceof Problem)) throw error;
        state.value = { ...state.value, loading: false, problem: problemText(error) };
      }
    },
    [operation, wanted],
  );

  useEffect(() => {
    void load(null);
    return () => running.current?.abort();
  }, [load]);

  return {
    rows: state.value.rows,
    more: state.value.cursor !== null,
    loading: state.value.loading,
    problem: state.value.problem,
    reload: () => load(null),
    firstAgain: async () => {
      if (state.value.pages <= 1) await load(null);
    },
    next: () => load(state.value.cursor),
  };
}
