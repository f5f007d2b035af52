// security.tsx - the password, and the second factor: its QR code, and the codes for when the device is lost.
import { useState } from 'preact/hooks';
import * as ops from '../../api/generated/operations';
import { call } from '../../api/client';
import type { Answer } from '../../api/types';
import { t } from '../../i18n';
import { person } from '../../session';
import { Form } from '../../ui/form';
import { One } from '../../ui/one';
import { toast, toastProblem } from '../../ui/toast';
import { SettingsFrame } from './frame';

type Secret = Answer<'prepareTwoFactor'>;

function BackupCodes({ codes }: { codes: string[] }) {
  return (
    <div class="notice" role="status">
      <p>{t('factor.codes')}</p>
      <ul class="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The secret, to be scanned or typed, and the code that shows that it was. */
function Enable({ done }: { done: (codes: string[]) => void }) {
  const [secret, setSecret] = useState<Secret | null>(null);
  if (!secret)
    return (
      <button class="primary" onClick={() => void call(ops.prepareTwoFactor).then(setSecret, toastProblem)}>
        {t('factor.enable')}
      </button>
    );
  return (
    <>
      <p>{t('factor.scan')}</p>
      <img class="qr" alt={t('factor.qr')} src={`data:image/svg+xml,${encodeURIComponent(secret.qr_svg)}`} />
      <p>
        {t('factor.secret')} <code class="secret">{secret.secret}</code>
      </p>
      <Form
        operation={ops.enableTwoFactor}
        fields={{ code: { label: 'signIn.code' } }}
        submit={t('factor.verify')}
        done={({ backup_codes }) => done(backup_codes)}
      />
    </>
  );
}

/** What a code of the factor that is on does. */
function WithCode({ operation, submit, danger, done }: WithCodeProps) {
  return (
    <details>
      <summary>{submit}</summary>
      <Form
        operation={operation}
        fields={{ code: { label: 'signIn.code' } }}
        submit={submit}
        danger={danger ?? false}
        done={(answer) => done((answer as { backup_codes?: string[] }).backup_codes ?? [])}
      />
    </details>
  );
}

interface WithCodeProps {
  operation: typeof ops.makeBackupCodes | typeof ops.disableTwoFactor;
  submit: string;
  danger?: boolean;
  done: (codes: string[]) => void;
}

function SecondFactor() {
  const [codes, setCodes] = useState<string[]>([]);
  return (
    <One operation={ops.getTwoFactor}>
      {({ enabled }, reload) => {
        const changed = (next: string[]) => {
          setCodes(next);
          reload();
        };
        return (
          <>
            <p>{t(enabled ? 'factor.isOn' : 'factor.isOff')}</p>
            {codes.length > 0 && <BackupCodes codes={codes} />}
            {!enabled && <Enable done={changed} />}
            {enabled && (
              <>
                <WithCode operation={ops.makeBackupCodes} submit={t('factor.newCodes')} done={changed} />
                <WithCode
                  operation={ops.disableTwoFactor}
                  submit={t('factor.disable')}
                  danger
                  done={changed}
                />
              </>
            )}
          </>
        );
      }}
    </One>
  );
}

export default function Security() {
  const [changes, setChanges] = useState(0);
  return (
    <SettingsFrame>
      <div class="page-head">
        <h1>{t('page.security')}</h1>
      </div>
      <section class="card-wide">
        <h2>{t('factor.title')}</h2>
        <SecondFactor />
      </section>
      <section class="card-wide">
        <h2>{t('password.title')}</h2>
        <p class="hint">{t('password.about', { email: person.value?.email ?? '' })}</p>
        <Form
          key={changes}
          operation={ops.changePassword}
          fields={{ new_password: { hint: 'register.password' } }}
          submit={t('password.change')}
          done={() => {
            toast('good', t('password.changed'));
            setChanges((before) => before + 1);
          }}
        />
      </section>
    </SettingsFrame>
  );
}
