// dialog.tsx - what lies over the page: a native modal dialog, in which the browser keeps the focus and which Esc
// closes; and a panel beside the page, which leaves it usable.
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../i18n';

interface Props {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

function Head({ id, title, close }: { id: string; title: string; close: () => void }) {
  return (
    <header>
      <h2 id={id}>{title}</h2>
      <button type="button" class="icon" aria-label={t('close')} onClick={close}>
        ×
      </button>
    </header>
  );
}

export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <Head id={id} title={title} close={() => dialog.current?.close()} />
      {children}
    </dialog>
  );
}

/** Of the open row: beside the list, which can still be used. Esc closes it (keys.ts clicks its close button). */
export function Panel({ title, onClose, children }: Props) {
  const id = useId();
  return (
    <section class="panel" aria-labelledby={id}>
      <Head id={id} title={title} close={onClose} />
      {children}
    </section>
  );
}

type Draw = (close: () => void) => ComponentChildren;
const open = signal<{ id: number; draw: Draw }[]>([]);
let last = 0;

/** Opens a dialog over everything, wherever its button stands. */
export function openDialog(draw: Draw): void {
  open.value = [...open.value, { id: ++last, draw }];
}

export function Dialogs() {
  return (
    <>
      {open.value.map(({ id, draw }) => (
        <div key={id}>
          {draw(() => {
            open.value = open.value.filter((one) => one.id !== id);
          })}
        </div>
      ))}
    </>
  );
}
