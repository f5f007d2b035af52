// foresight.tsx - what would come of an order, of its change or of closing a position, before it is sent: the venue's own
// decision, asked for as one writes, and the refusal that would be met.
import { Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type Arguments, call, Problem } from '../api/client';
import type { Answer, Operation } from '../api/types';
import { t } from '../i18n';
import { addE8, parseE8, printE8, showDecimal } from '../money';
import { problemText } from '../ui/toast';

type Previewing = 'previewOrder' | 'previewReplace' | 'previewClose';
type Preview = Answer<'previewOrder'>;

const AFTER_MS = 300;

export interface Foreseen {
  /** What it is about. */
  of?: string;
  preview?: Preview;
  problem?: Problem;
}

/** Asked again when one of `moved` moves, as the best prices. Nothing: there is nothing to ask yet. */
export function useForeseen<Id extends Previewing>(
  operation: Operation<Id>,
  given: Arguments<Id> | undefined,
  moved: unknown[] = [],
): Foreseen {
  const [foreseen, set] = useState<Foreseen>({});
  const wanted = given && JSON.stringify(given);
  useEffect(() => {
    if (!wanted) {
      set({});
      return undefined;
    }
    const control = new AbortController();
    const timer = setTimeout(() => {
      call(operation, { ...(JSON.parse(wanted) as Arguments<Id>), signal: control.signal })
        .then((preview) => set({ of: wanted, preview: preview as Preview }))
        .catch((error: unknown) => {
          if (!control.signal.aborted && error instanceof Problem) set({ of: wanted, problem: error });
        });
    }, AFTER_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [wanted, ...moved]);
  return foreseen.of === wanted ? foreseen : {};
}

/** What is held of an asset, and whether the order adds to it. */
export interface Held {
  asset: string;
  total: string;
  side: 'buy' | 'sell';
}

/** What is held then, where all of the order is filled. */
function heldAfter({ total, side }: Held, { order }: Preview): string {
  const amount = addE8(parseE8(order.filled_quantity)!, parseE8(order.remaining_quantity)!);
  return printE8(addE8(parseE8(total)!, side === 'buy' ? amount : -amount));
}

interface FactsProps {
  preview: Preview;
  /** The asset of cost and fees, where it is known. */
  quote?: string | undefined;
  held?: Held | undefined;
}

export function PreviewFacts({ preview, quote = '', held }: FactsProps) {
  const { order } = preview;
  const facts: [string, string][] = [
    [t('preview.cost'), `${showDecimal(preview.cost)} ${quote}`],
    [t('preview.fees'), `${showDecimal(preview.fees)} ${quote}`],
    [t('preview.hold'), `${showDecimal(preview.hold.amount)} ${preview.hold.asset}`],
    [t('preview.filled'), `${showDecimal(order.filled_quantity)} / ${showDecimal(order.remaining_quantity)}`],
  ];
  if (held) {
    const after = showDecimal(heldAfter(held, preview));
    facts.push([t('preview.position'), `${showDecimal(held.total)} → ${after} ${held.asset}`]);
  }
  if (order.average_fill_price) facts.push([t('preview.average'), showDecimal(order.average_fill_price)]);
  if (order.keeps_place !== null)
    facts.push([t('preview.place'), t(order.keeps_place ? 'preview.placeKept' : 'preview.placeLost')]);
  return (
    <dl class="before-after">
      {facts.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

export function Foresight({ foreseen, ...shown }: { foreseen: Foreseen; quote?: string; held?: Held }) {
  return (
    <div class="foresight" aria-live="polite">
      {foreseen.problem && (
        <p class="refusal">
          {t('preview.refused')} {problemText(foreseen.problem)}
        </p>
      )}
      {foreseen.preview && <PreviewFacts preview={foreseen.preview} {...shown} />}
    </div>
  );
}

interface Props<Id extends Previewing> {
  operation: Operation<Id>;
  given: Arguments<Id>;
}

/** Within a dialog that does what it previews. */
export function Foresee<Id extends Previewing>({ operation, given }: Props<Id>) {
  return <Foresight foreseen={useForeseen(operation, given)} />;
}
