// one.tsx - one thing of the API, loaded when it is shown.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { call, Problem } from '../api/client';
import type { Answer, Operation, OperationId, Path } from '../api/types';
import { t } from '../i18n';
import { problemText } from './toast';

interface Props<Id extends OperationId> {
  operation: Operation<Id>;
  path?: Path<Id>;
  /** Loads anew when it changes. */
  version?: unknown;
  children: (value: Answer<Id>, reload: () => void) => ComponentChildren;
}

export function One<Id extends OperationId>({ operation, path, version, children }: Props<Id>) {
  const loaded = useSignal<Answer<Id> | null>(null);
  const problem = useSignal('');
  const wanted = JSON.stringify(path);
  const load = async () => {
    try {
      loaded.value = await call(operation, path === undefined ? {} : { path });
      problem.value = '';
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = problemText(error);
    }
  };
  useEffect(() => void load(), [operation, wanted, version]);
  if (problem.value) return <p class="refusal">{problem.value}</p>;
  if (loaded.value === null) return <p class="loading">{t('list.loading')}</p>;
  return <>{children(loaded.value, () => void load())}</>;
}
