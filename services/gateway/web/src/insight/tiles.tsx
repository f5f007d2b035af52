// tiles.tsx - single numbers that are read at a glance.
import type { ComponentChildren } from 'preact';
import { word } from '../i18n';
import { kindOf, Value, valueAt } from '../ui/format';

interface Props {
  of: object;
  /** Dotted names of what is shown. */
  names: string[];
}

export function Tiles({ of, names }: Props) {
  return (
    <dl class="tiles">
      {names.map((name) => (
        <Tile key={name} title={word('field', name.replaceAll('.', '_'))}>
          <Value value={valueAt(of, name)} kind={kindOf(name)} />
        </Tile>
      ))}
    </dl>
  );
}

const Tile = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <div>
    <dt>{title}</dt>
    <dd>{children}</dd>
  </div>
);
