// door.tsx - what is outside of the frame: a card in the middle for who has not come in yet.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { go, path } from '../router';
import { Choices } from '../shell';

export function Door({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="sign-in" id="main">
      <div class="form card">
        <a class="brand" href="/">
          Bourse
        </a>
        <h1>{title}</h1>
        {children}
        <div class="choices">
          <Choices />
        </div>
      </div>
    </main>
  );
}

/** The token of a mail's link, which stands behind the # and is taken out of the address. */
export function useMailToken(): string {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token') ?? '');
  useEffect(() => go(path.value, true), []);
  return token;
}
