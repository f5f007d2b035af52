// difference.tsx - what a change changed, value by value, and JSON as people read it.
import { t, word } from '../i18n';
import { differences } from './differences';

export function Json({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <p class="none">–</p>;
  return (
    <pre class="json" tabIndex={0}>
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}

const print = (value: unknown) =>
  value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value);

export function Difference({ before, after }: { before: unknown; after: unknown }) {
  const rows = differences(before, after);
  if (rows.length === 0) return <p class="none">{t('difference.none')}</p>;
  return (
    <div class="table-frame">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('difference.what')}</th>
            <th scope="col">{t('difference.before')}</th>
            <th scope="col">{t('difference.after')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">
                {row.name
                  .split('.')
                  .map((part) => word('field', part))
                  .join(' · ')}
              </th>
              <td>{print(row.before)}</td>
              <td>
                <strong>{print(row.after)}</strong>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
