// downloads.tsx - a document of the venue as a file: what `Accept` asks for is what comes.
import type { Operation, OperationId, Path } from '../api/types';
import { download } from '../api/client';
import { t } from '../i18n';
import { toastProblem } from './toast';

const TYPES = [
  ['PDF', 'application/pdf'],
  ['CSV', 'text/csv'],
] as const;

export function Downloads<Id extends OperationId>(given: { operation: Operation<Id>; path: Path<Id> }) {
  return (
    <p class="actions">
      {TYPES.map(([name, type]) => (
        <button
          key={name}
          class="quiet"
          onClick={() => download(given.operation, { path: given.path }, type).catch(toastProblem)}
        >
          {t('download', { name })}
        </button>
      ))}
    </p>
  );
}
