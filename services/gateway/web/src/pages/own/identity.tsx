// identity.tsx - the identity check from the client's side: who one is, documents, handing it in, and what was asked for.
import { useState } from 'preact/hooks';
import * as ops from '../../api/generated/operations';
import { call } from '../../api/client';
import type { Answer, Item } from '../../api/types';
import { t, word } from '../../i18n';
import { Form } from '../../ui/form';
import { Facts, Status } from '../../ui/format';
import { action, Actions } from '../../ui/list-page';
import { ListSection } from '../../ui/list-section';
import { One } from '../../ui/one';
import { problemText, toast } from '../../ui/toast';

type State = Answer<'getOnboardingStatus'>;
type Document = Item<'listKycDocuments'>;

interface Part {
  status: State;
  changed: () => void;
}

const KINDS = ['passport', 'id_card', 'proof_of_address'] as const;
const isOpen = ({ status }: State) => ['draft', 'needs_information', 'rejected'].includes(status);

function Profile({ status, changed }: Part) {
  const saved = () => {
    toast('good', t('identity.saved'));
    changed();
  };
  const form = (initial: Record<string, unknown>) => (
    <Form
      operation={ops.changeKycProfile}
      initial={initial}
      fields={{ nationality: { hint: 'identity.nationality' }, address: { multiline: true } }}
      submit={t('save')}
      done={saved}
    />
  );
  return (
    <section class="card-wide">
      <h2>{t('identity.profile')}</h2>
      {!status.has_profile && form({})}
      {status.has_profile && (
        <One operation={ops.getKycProfile} version={status.updated_at}>
          {(profile) => (isOpen(status) ? form({ ...profile }) : <Facts of={profile} />)}
        </One>
      )}
    </section>
  );
}

function Upload({ done }: { done: () => void }) {
  const [kind, setKind] = useState<(typeof KINDS)[number]>('passport');
  const [part, setPart] = useState<number | null>(null);
  const [refusal, setRefusal] = useState('');
  const send = async (field: HTMLInputElement) => {
    const file = field.files?.[0];
    if (!file) return;
    setRefusal('');
    setPart(0);
    try {
      await call(ops.addKycDocument, { query: { kind }, file, progress: setPart });
      done();
    } catch (error) {
      setRefusal(problemText(error));
    } finally {
      setPart(null);
      field.value = '';
    }
  };
  return (
    <div class="upload">
      <div class="field">
        <label for="kind">{t('identity.kind')}</label>
        <select
          id="kind"
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as typeof kind)}
        >
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {word('value', one)}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="file">{t('identity.file')}</label>
        <input
          id="file"
          type="file"
          accept="application/pdf,image/png,image/jpeg"
          disabled={part !== null}
          onChange={(event) => void send(event.currentTarget)}
        />
      </div>
      {part !== null && <progress aria-label={t('identity.uploading')} max={1} value={part} />}
      {refusal && (
        <p class="refusal" role="alert">
          {refusal}
        </p>
      )}
    </div>
  );
}

function Documents({ status, changed }: Part) {
  const remove = action<Document, 'removeKycDocument'>({
    operation: ops.removeKycDocument,
    label: 'action.remove',
    path: (document) => ({ document_id: document.id }),
    when: () => isOpen(status),
    danger: true,
  });
  return (
    <ListSection
      title="identity.documents"
      list={ops.listKycDocuments}
      columns={[
        { name: 'kind' },
        { name: 'format', wide: true },
        { name: 'size_bytes', render: (document) => t('identity.kilobytes', { size: kilobytes(document) }) },
        'created_at',
      ]}
      name={(document) => word('value', document.kind)}
      actions={[remove]}
    >
      <p class="hint">{t('identity.needed')}</p>
      {isOpen(status) && <Upload done={changed} />}
    </ListSection>
  );
}

const kilobytes = (document: Document) => Math.ceil(document.size_bytes / 1024);

const submit = action<undefined, 'submitKyc'>({
  operation: ops.submitKyc,
  label: 'identity.submit',
  main: true,
  about: () => <p>{t('identity.submitAbout')}</p>,
  done: () => t('identity.submitted'),
});

export default function Identity() {
  const [version, setVersion] = useState(0);
  const changed = () => setVersion((before) => before + 1);
  return (
    <One operation={ops.getOnboardingStatus} version={version}>
      {(status) => (
        <>
          <div class="page-head">
            <h1>
              {t('page.identity')} <Status value={status.status} />
            </h1>
            {isOpen(status) && <Actions row={undefined} actions={[submit]} name="" changed={changed} />}
          </div>
          {status.reason && <p class="notice">{t('identity.asked', { reason: status.reason })}</p>}
          {status.status === 'approved' && <p>{t('identity.approved', { level: status.level })}</p>}
          <Profile status={status} changed={changed} key={`${status.status} ${status.has_profile}`} />
          <Documents status={status} changed={changed} key={version} />
        </>
      )}
    </One>
  );
}
