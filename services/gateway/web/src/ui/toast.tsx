// toast.tsx - what became of what one did, in a corner: polite where it worked, assertive where it was refused.
import { signal } from '@preact/signals';
import { Problem } from '../api/client';
import { t } from '../i18n';

type Tone = 'good' | 'bad' | 'waiting';
interface Toast {
  id: number;
  tone: Tone;
  text: string;
  requestId: string | undefined;
}

const SHOWN_MS = 8000;
const toasts = signal<Toast[]>([]);
let last = 0;

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Gives what takes it away. A waiting one stays until then, a bad one until it is dismissed. */
export function toast(tone: Tone, text: string, requestId?: string): () => void {
  const id = ++last;
  toasts.value = [...toasts.value, { id, tone, text, requestId }];
  if (tone === 'good') setTimeout(() => dismiss(id), SHOWN_MS);
  return () => dismiss(id);
}

/** What a refusal means to a person. */
export function problemText(error: unknown): string {
  if (!(error instanceof Problem)) throw error;
  if (error.code === 'OFFLINE') return t('problem.offline');
  if (error.code === 'APPROVAL_REQUIRED') return t('problem.approval');
  if (error.code === 'OUTCOME_PENDING') return t('problem.pending');
  if (error.code === 'MARKET_MAKER_LOGIN_FORBIDDEN') return t('problem.marketMaker');
  return error.detail || error.message;
}

export function toastProblem(error: unknown): void {
  const problem = error instanceof Problem ? error : undefined;
  toast(problem?.code === 'APPROVAL_REQUIRED' ? 'waiting' : 'bad', problemText(error), problem?.requestId);
}

function One({ of }: { of: Toast }) {
  return (
    <div class={`toast ${of.tone}`}>
      <p>{of.text}</p>
      {of.requestId && (
        <button class="link" onClick={() => void navigator.clipboard.writeText(of.requestId!)}>
          {t('toast.copyRequest')}
        </button>
      )}
      <button class="icon" aria-label={t('close')} onClick={() => dismiss(of.id)}>
        ×
      </button>
    </div>
  );
}

export function Toasts() {
  const of = (tones: Tone[]) => toasts.value.filter((toast) => tones.includes(toast.tone));
  return (
    <div class="toasts">
      <div role="status" aria-label={t('toast.news')}>
        {of(['good', 'waiting']).map((toast) => (
          <One key={toast.id} of={toast} />
        ))}
      </div>
      <div role="alert" aria-label={t('toast.refusals')}>
        {of(['bad']).map((toast) => (
          <One key={toast.id} of={toast} />
        ))}
      </div>
    </div>
  );
}
