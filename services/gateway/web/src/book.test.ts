import { expect, test } from 'vitest';
import { Book, type Change, crc32, type LevelMessage, type Snapshot } from './book';

const level = (price: string, quantity: string, orders = 1): LevelMessage => ({ price, quantity, orders });

const checksumOf = (bids: LevelMessage[], asks: LevelMessage[]) => {
  const texts = [...bids, ...asks].map(({ price, quantity }) => `${price}:${quantity}`);
  return texts.length ? crc32(texts.join('|')) : 0;
};

const snapshot = (bids: LevelMessage[], asks: LevelMessage[], sequence = 5): Snapshot => ({
  symbol: 'CEA-EUR',
  sequence,
  checksum: checksumOf(bids, asks),
  bids,
  asks,
});

const change = (given: Partial<Change>): Change => ({
  symbol: 'CEA-EUR',
  previous_sequence: 5,
  sequence: 7,
  checksum: 0,
  bids: [],
  asks: [],
  ...given,
});

test('the checksum is that of the test vectors', () => {
  const book = new Book();
  expect(book.begin({ ...snapshot([], []), checksum: 0 })).toBe(true);
  expect(book.begin({ ...snapshot([level('12.00', '100.00')], []), checksum: 658828691 })).toBe(true);
  const bids = [level('13.00', '50.00'), level('12.00', '100.00')];
  const asks = [level('14.00', '25.00'), level('15.00', '7.00')];
  expect(book.begin({ ...snapshot(bids, asks), checksum: 1004559046 })).toBe(true);
});

test('a change puts, replaces and takes levels, each side best first', () => {
  const book = new Book();
  book.begin(snapshot([level('12.00', '10.00')], [level('14.00', '5.00'), level('15.00', '7.00')]));
  const bids = [level('13.00', '1.00'), level('12.00', '4.00')];
  const asks = [level('13.50', '2.00'), level('15.00', '7.00')];
  const fits = book.change(
    change({
      bids: [level('12.00', '4.00'), level('13.00', '1.00')],
      asks: [level('14.00', '0.00', 0), level('13.50', '2.00')],
      checksum: checksumOf(bids, asks),
    }),
  );
  expect(fits).toBe(true);
  expect(book.sequence).toBe(7);
  expect(book.bids.levels.map(({ price }) => price)).toEqual(['13.00', '12.00']);
  expect(book.asks.levels.map(({ price }) => price)).toEqual(['13.50', '15.00']);
});

test('a level that is not there can go', () => {
  const book = new Book();
  book.begin(snapshot([level('12.00', '10.00')], []));
  expect(
    book.change(
      change({ bids: [level('11.00', '0.00', 0)], checksum: checksumOf([level('12.00', '10.00')], []) }),
    ),
  ).toBe(true);
  expect(book.bids.levels.map(({ price }) => price)).toEqual(['12.00']);
});

test('prices are compared as amounts, not as texts', () => {
  const book = new Book();
  book.begin(snapshot([level('9.00', '1.00')], []));
  const bids = [level('100.00', '1.00'), level('9.00', '1.00')];
  expect(book.change(change({ bids: [level('100.00', '1.00')], checksum: checksumOf(bids, []) }))).toBe(true);
  expect(book.bids.levels[0]!.price).toBe('100.00');
});

test('a gap in the sequence makes the book unsound, until a snapshot', () => {
  const book = new Book();
  const bids = [level('12.00', '10.00')];
  book.begin(snapshot(bids, []));
  expect(book.change(change({ previous_sequence: 6, checksum: checksumOf(bids, []) }))).toBe(false);
  expect(book.isSound).toBe(false);
  expect(book.change(change({ checksum: checksumOf(bids, []) }))).toBe(false);
  expect(book.begin(snapshot(bids, [], 9))).toBe(true);
  expect(book.isSound).toBe(true);
});

test('a checksum that is not ours makes the book unsound', () => {
  const book = new Book();
  book.begin(snapshot([level('12.00', '10.00')], []));
  expect(book.change(change({ bids: [level('12.00', '9.00')], checksum: 1 }))).toBe(false);
  expect(book.isSound).toBe(false);
});

test('only the ten best levels of a side are in the checksum', () => {
  const bids = Array.from({ length: 11 }, (_, i) => level(`${20 - i}.00`, '1.00'));
  const book = new Book();
  expect(book.begin({ ...snapshot(bids, []), checksum: checksumOf(bids.slice(0, 10), []) })).toBe(true);
});
