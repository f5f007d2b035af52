// routes.ts - every page: one line here, one file in pages/. The menu, the palette and the tests are made of this.
import type { FunctionComponent } from 'preact';
import * as ops from './api/generated/operations';
import type { Operation } from './api/types';
import type { Key } from './i18n';

export interface Route {
  path: string;
  title: Key;
  group: 'backOffice' | 'trading' | 'own' | 'none';
  /** Who may use this operation sees the page. Without: everybody, signed in or not. */
  needs?: Operation<any>;
  /** The letter behind `g`. */
  letter?: string;
  load: () => Promise<{ default: FunctionComponent<any> }>;
}

export const routes: Route[] = [
  {
    path: '/admin/market-makers',
    title: 'page.marketMakers',
    group: 'backOffice',
    needs: ops.listMarketMakers,
    letter: 'm',
    load: () => import('./pages/admin/market-makers'),
  },
  // --- trading
  {
    path: '/market',
    title: 'page.market',
    group: 'trading',
    letter: 'c',
    load: () => import('./pages/trade/market'),
  },
  {
    path: '/trade/:symbol',
    title: 'page.instrument',
    group: 'none',
    load: () => import('./pages/trade/instrument'),
  },
];
