import { expect, test } from 'vitest';
import { language } from '../i18n';
import { askedOf, faultsOf, orderOf, stepped } from './order-form';

test('an order has what its type asks for, and nothing that was typed for another', () => {
  language.value = 'en';
  const entries = {
    quantity: '1,000',
    limit_price: '12.50',
    stop_price: '11',
    trail_percent: '2',
    post_only: false,
  };
  expect(orderOf('CEA-EUR', 'limit', 'sell', entries)).toEqual({
    instrument: 'CEA-EUR',
    side: 'sell',
    type: 'limit',
    quantity: '1000',
    limit_price: '12.50',
  });
  expect(orderOf('CEA-EUR', 'stop', 'sell', entries)).toMatchObject({ quantity: '1000', stop_price: '11' });
  expect(orderOf('CEA-EUR', 'stop', 'sell', entries)).not.toHaveProperty('limit_price');
});

test('only a purchase by limit or market has guards', () => {
  const names = (type: 'limit' | 'market' | 'stop', side: string) =>
    askedOf(type, side, {}).map(({ field }) => field.name);
  expect(names('limit', 'buy')).toContain('stop_loss_price');
  expect(names('limit', 'sell')).not.toContain('stop_loss_price');
  expect(names('stop', 'buy')).not.toContain('take_profit_price');
});

test('an order until a time asks for that time, and sends it with its zone', () => {
  language.value = 'en';
  const entries = { quantity: '1', limit_price: '2', time_in_force: 'gtd' };
  expect(faultsOf('limit', 'buy', entries)).toEqual({ expires_at: 'form.required' });
  const expires_at = '2030-01-02T03:04';
  expect(orderOf('CEA-EUR', 'limit', 'buy', { ...entries, expires_at })).toMatchObject({
    time_in_force: 'gtd',
    expires_at: new Date(expires_at).toISOString(),
  });
  expect(faultsOf('market', 'buy', { ...entries, limit_price: '' })).toEqual({});
});

test('what is missing or no number is said at its field', () => {
  language.value = 'en';
  expect(faultsOf('limit', 'buy', { quantity: 'ten' })).toEqual({
    quantity: 'form.decimal',
    limit_price: 'form.required',
  });
  expect(faultsOf('trailing_stop', 'sell', { quantity: '1' })).toEqual({ trail_amount: 'ticket.oneTrail' });
  expect(faultsOf('trailing_stop', 'sell', { quantity: '1', trail_amount: '1', trail_percent: '2' })).toEqual(
    { trail_amount: 'ticket.onlyOneTrail' },
  );
});

test('arrows step to the next multiple, exactly', () => {
  language.value = 'en';
  expect(stepped('12.50', '0.01', true)).toBe('12.51');
  expect(stepped('12.505', '0.01', true)).toBe('12.51');
  expect(stepped('12.505', '0.01', false)).toBe('12.5');
  expect(stepped('0.3', '0.1', true)).toBe('0.4');
  expect(stepped('', '1', true)).toBe('1');
  expect(stepped('1', '1', false)).toBe('1');
});

test('a purchase without a limit may say what it may cost, and what waits for a trigger how long', () => {
  const asked = (type: 'stop' | 'trailing_stop' | 'limit', side: string) =>
    Object.fromEntries(askedOf(type, side, {}).map(({ field, isMore }) => [field.name, { field, isMore }]));
  expect(asked('stop', 'buy')['max_notional']).toMatchObject({ isMore: false });
  expect(asked('trailing_stop', 'buy')).toHaveProperty('max_notional');
  expect(asked('stop', 'sell')).not.toHaveProperty('max_notional');
  expect(asked('limit', 'buy')).not.toHaveProperty('max_notional');
  expect(asked('stop', 'sell')['time_in_force']!.field.choices).toEqual(['gtc', 'day', 'gtd']);
  expect(asked('limit', 'sell')['time_in_force']!.field.choices).toContain('ioc');
});
