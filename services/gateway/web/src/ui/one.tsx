// one.tsx - one thing of the API, loaded when it is shown. A form inside that changes it sends If-Match: the version of
// what its reader has before him, so nobody overwrites what he has not seen.
import { useSignal } from '@preact/signals';
import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useRef } from 'preact/hooks';
import { type Answered, ask, Problem } from '../api/client';
import type { Answer, Operation, OperationId, Path } from '../api/types';
import { t } from '../i18n';
import { problemText } from './toast';

interface Seen {
  operation: string;
  version: string | undefined;
  reload: () => void;
}

const SeenContext = createContext<Seen | undefined>(undefined);

/** What is shown around here of the thing that `operation` changes. */
export function useSeen(operation: Operation<any>): Seen | undefined {
  const seen = useContext(SeenContext);
  return seen && seen.operation === operation.of?.id ? seen : undefined;
}

interface Props<Id extends OperationId> {
  operation: Operation<Id>;
  path?: Path<Id>;
  query?: Record<string, string>;
  /** Loads anew when it changes. */
  version?: unknown;
  children: (value: Answer<Id>, reload: () => void) => ComponentChildren;
}

export function One<Id extends OperationId>({ operation, path, query, version, children }: Props<Id>) {
  const loaded = useSignal<Answered<Id> | null>(null);
  const problem = useSignal('');
  const wanted = JSON.stringify([path, query]);
  const running = useRef<AbortController>(undefined);
  // What was asked before and answers later is not shown in place of what was asked last.
  const load = async () => {
    running.current?.abort();
    const { signal } = (running.current = new AbortController());
    try {
      const answered = await ask(operation, { ...(path && { path }), query: query as never, signal });
      if (signal.aborted) return;
      loaded.value = answered;
      problem.value = '';
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      problem.value = problemText(error);
    }
  };
  useEffect(() => {
    void load();
    return () => running.current?.abort();
  }, [operation, wanted, version]);
  if (problem.value) return <p class="refusal">{problem.value}</p>;
  if (loaded.value === null) return <p class="loading">{t('list.loading')}</p>;
  const { value, etag } = loaded.value;
  const reload = () => void load();
  return (
    <SeenContext.Provider value={{ operation: operation.id, version: etag, reload }}>
      {children(value, reload)}
    </SeenContext.Provider>
  );
}
