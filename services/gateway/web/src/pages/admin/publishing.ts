// publishing.ts - what can be done with something that operators publish: make it, change it, withdraw it. Who may do none
// of it sees the list alone.
import type { Operation } from '../../api/types';
import type { Key } from '../../i18n';
import type { FieldOptions } from '../../ui/form';
import { action } from '../../ui/list-page';

interface Published {
  publish: Operation<any>;
  change: Operation<any>;
  withdraw: Operation<any>;
  label: Key;
  fields?: Record<string, FieldOptions>;
}

const path = ({ id }: { id: string }) => ({ id });

export const publishing = ({ publish, change, withdraw, label, fields = {} }: Published) => ({
  create: action<undefined, any>({ operation: publish, label, fields }),
  actions: [
    action<{ id: string }, any>({
      operation: change,
      label: 'action.edit',
      path,
      initial: (row) => ({ ...row }),
      fields,
    }),
    action<{ id: string }, any>({ operation: withdraw, label: 'publish.withdraw', path, danger: true }),
  ],
});
