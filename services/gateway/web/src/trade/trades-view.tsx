// trades-view.tsx - what was traded last, newest first.
import { t, word } from '../i18n';
import { showDecimal } from '../money';
import { Value } from '../ui/format';
import { clock } from './clock';
import type { Market } from './market';

const SHOWN_MAX = 40;

export function TradesView({ market }: { market: Market }) {
  void market.drawn.value;
  return (
    <section class={`trades ${market.isCurrent ? '' : 'stale'}`} aria-labelledby="trades-title">
      <header>
        <h2 id="trades-title">{t('trades.title')}</h2>
      </header>
      <div class="trades-frame" tabIndex={0} role="region" aria-label={t('trades.title')}>
        <table>
          <caption class="hidden">{t('trades.title')}</caption>
          <thead>
            <tr>
              <th scope="col">{word('field', 'executed_at')}</th>
              <th scope="col">{word('field', 'side')}</th>
              <th scope="col" class="number">
                {word('field', 'price')}
              </th>
              <th scope="col" class="number">
                {word('field', 'quantity')}
              </th>
            </tr>
          </thead>
          <tbody>
            {market.trades.slice(0, SHOWN_MAX).map((trade) => (
              <tr key={trade.trade_id}>
                <td>
                  <time dateTime={trade.executed_at}>{clock(trade.executed_at)}</time>
                </td>
                <td>
                  <Value kind="side" value={trade.side} />
                </td>
                <td class="number">{showDecimal(trade.price)}</td>
                <td class="number">{showDecimal(trade.quantity)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {market.trades.length === 0 && <p class="empty">{t('trades.none')}</p>}
      </div>
    </section>
  );
}
