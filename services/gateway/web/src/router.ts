// router.ts - where one is, as a signal: the path and the query of the address. Filters and open rows live in the
// query, so that every view can be sent to somebody by its address.
import { computed, signal } from '@preact/signals';

const read = () => new URL(location.href);
const address = signal(read());

export const path = computed(() => address.value.pathname);
export const query = computed(() => address.value.searchParams);

addEventListener('popstate', () => {
  address.value = read();
});

export function go(to: string, replace = false): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  address.value = read();
  if (!replace) scrollTo(0, 0);
}

/** The same page with other values in its query; empty ones leave it. */
export function setQuery(values: Record<string, string | undefined>, replace = true): void {
  const next = new URLSearchParams(query.value);
  for (const [name, value] of Object.entries(values))
    if (value) next.set(name, value);
    else next.delete(name);
  const text = next.toString();
  go(path.value + (text && `?${text}`), replace);
}

/** Links of ours change the page without loading it anew. */
export function followLinks(): void {
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a');
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!link || !plain || link.target || link.hasAttribute('download') || link.origin !== location.origin)
      return;
    if (link.getAttribute('href')!.startsWith('#') || link.rel === 'external') return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
}

/** The values of `:name` parts where `pattern` is the path's; undefined: it is not. */
export function match(pattern: string, at: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const parts = at.split('/');
  if (wanted.length !== parts.length) return undefined;
  const values: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith(':')) values[part.slice(1)] = decodeURIComponent(parts[i]!);
    else if (part !== parts[i]) return undefined;
  }
  return values;
}
