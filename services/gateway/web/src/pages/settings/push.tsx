// push.tsx - the browsers that one is told in, this one among them.
import { useEffect, useState } from 'preact/hooks';
import * as ops from '../../api/generated/operations';
import { call, Problem } from '../../api/client';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { canPush, subscribeHere, subscriptionHere } from '../../push';
import { action } from '../../ui/list-page';
import { ListSection } from '../../ui/list-section';
import { toast, toastProblem } from '../../ui/toast';

type Browser = Item<'listPushSubscriptions'>;

/** What the venue is known by to browsers; null: it sends nothing to any. */
function usePushKey(): string | null | undefined {
  const [key, set] = useState<string | null>();
  useEffect(() => {
    call(ops.getPushKey)
      .then(({ public_key }) => set(public_key))
      .catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        set(null);
      });
  }, []);
  return key;
}

/** The endpoint of this browser's own subscription. */
function useHere(version: number): string | undefined {
  const [endpoint, set] = useState<string>();
  useEffect(() => void subscriptionHere().then((found) => set(found?.endpoint)), [version]);
  return endpoint;
}

/** Whose push service it is, and whether it is the browser that one looks at. */
function nameOf({ endpoint }: Browser, here: string | undefined): string {
  const host = endpoint ? new URL(endpoint).host : '–';
  return endpoint === here ? t('push.thisOne', { host }) : host;
}

const remove = action<Browser, 'unsubscribePush'>({
  operation: ops.unsubscribePush,
  label: 'action.remove',
  path: ({ id }) => ({ id }),
  danger: true,
});

export function PushMessages() {
  const key = usePushKey();
  const [version, setVersion] = useState(0);
  const here = useHere(version);
  const subscribe = async () => {
    try {
      const came = await subscribeHere(key!);
      if (came === 'denied') toast('bad', t('push.denied'));
      else toast('good', t('push.subscribed'));
    } catch (error) {
      if (error instanceof Problem) toastProblem(error);
      else toast('bad', t('push.noService', { why: (error as Error).message }));
    }
    setVersion((before) => before + 1);
  };
  if (key === undefined) return null;
  if (key === null) return <p class="hint">{t('push.none')}</p>;
  return (
    <ListSection
      key={version}
      title="push.title"
      list={ops.listPushSubscriptions}
      columns={[
        { name: 'endpoint', title: 'push.browser', render: (row) => nameOf(row, here) },
        'created_at',
      ]}
      name={(row) => nameOf(row, here)}
      actions={[remove]}
    >
      <p class="hint">{t(canPush() ? 'push.about' : 'push.impossible')}</p>
      {canPush() && (
        <button class="quiet" onClick={() => void subscribe()}>
          {t('push.subscribe')}
        </button>
      )}
    </ListSection>
  );
}
