// proof-view.tsx - what this browser finds out of a ticket's proof, and what of.
import { useEffect, useState } from 'preact/hooks';
import * as ops from '../api/generated/operations';
import { addressOf } from '../api/client';
import { t } from '../i18n';
import { Facts, Status } from '../ui/format';
import { One } from '../ui/one';
import type { Ticket } from './leaf';
import { type Verdict, verify } from './verify';

/** What it means to whoever reads it. */
function said(verdict: Verdict): string {
  if (verdict.state === 'wrong') return t(`proof.${verdict.why}`);
  if (verdict.state === 'pending') return t('proof.pending');
  const { number, size } = verdict.checkpoint;
  return t(`proof.${verdict.state}`, { number, size });
}

/** As a state of the API is shown: in words and colour. */
const STATUS: Record<Verdict['state'], string> = {
  verified: 'verified',
  unchecked: 'pending_signature',
  pending: 'pending_checkpoint',
  wrong: 'wrong',
};

function Verified({ ticket, keys }: { ticket: Ticket; keys: string[] }) {
  const [verdict, set] = useState<Verdict>();
  useEffect(() => {
    let wanted = true;
    void verify(ticket, keys).then((found) => wanted && set(found));
    return () => {
      wanted = false;
    };
  }, [ticket]);
  if (!verdict) return <p class="loading">{t('proof.busy')}</p>;
  return (
    <div role={verdict.state === 'wrong' ? 'alert' : undefined}>
      <Status value={STATUS[verdict.state]} />
      <p class={verdict.state === 'wrong' ? 'refusal' : ''}>{said(verdict)}</p>
    </div>
  );
}

/** What it was found out with, for whoever does the same elsewhere. */
function Parts({ ticket, keys }: { ticket: Ticket; keys: string[] }) {
  const proof = ticket.inclusion_proof;
  if (!proof) return null;
  return (
    <details>
      <summary>{t('proof.parts')}</summary>
      <Facts of={proof} without={['hashes', 'note']} />
      <h4>{t('proof.path')}</h4>
      <pre class="json" tabIndex={0}>
        {proof.hashes.join('\n') || '–'}
      </pre>
      <h4>{t('proof.note')}</h4>
      <pre class="json" tabIndex={0}>
        {proof.note}
      </pre>
      <h4>{t('proof.keys')}</h4>
      <pre class="json" tabIndex={0}>
        {keys.join('\n')}
      </pre>
      <p class="hint">{t('proof.ownKey')}</p>
      <a
        class="button quiet"
        download={`${ticket.id}.json`}
        href={addressOf(ops.getTicket, { path: { ticket_id: ticket.id! } })}
      >
        {t('proof.save')}
      </a>
    </details>
  );
}

export function ProofView({ ticket, reload }: { ticket: Ticket; reload: () => void }) {
  return (
    <section class="proof" aria-label={t('proof.title')}>
      <h3>{t('proof.title')}</h3>
      <One operation={ops.getCheckpointKeys} version={ticket.inclusion_proof?.checkpoint}>
        {(answer) => {
          const keys = answer.keys.map(({ key }) => key);
          return (
            <>
              <Verified ticket={ticket} keys={keys} />
              {!ticket.inclusion_proof && (
                <button class="quiet" onClick={reload}>
                  {t('proof.again')}
                </button>
              )}
              <Parts ticket={ticket} keys={keys} />
            </>
          );
        }}
      </One>
    </section>
  );
}
