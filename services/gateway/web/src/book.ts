// book.ts - the price levels of one instrument, kept up from the market stream as schemas/README.md says: a snapshot,
// then changes, each behind the one before (`previous_sequence`) and checked by the checksum of the ten best levels.
// Pure: messages in, levels out. A message that does not fit makes the book unsound, and it must begin anew.
import { parseE8 } from './money';

export interface LevelMessage {
  price: string;
  quantity: string;
  orders: number;
}

export interface Snapshot {
  symbol: string;
  sequence: number | null;
  checksum: number;
  bids: LevelMessage[];
  asks: LevelMessage[];
}

export interface Change extends Snapshot {
  previous_sequence: number | null;
}

export interface Level extends LevelMessage {
  price_e8: bigint;
  quantity_e8: bigint;
}

const CHECKED_LEVELS = 10;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 as zlib has it. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const levelOf = (message: LevelMessage): Level => ({
  ...message,
  price_e8: parseE8(message.price) ?? 0n,
  quantity_e8: parseE8(message.quantity) ?? 0n,
});

/** Levels of one side, best first. */
class Side {
  levels: Level[] = [];

  constructor(private readonly isBetter: (a: bigint, b: bigint) => boolean) {}

  /** Where the price is, or would be. */
  private place(price_e8: bigint): number {
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.isBetter(this.levels[middle]!.price_e8, price_e8)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  put(message: LevelMessage): void {
    const level = levelOf(message);
    const at = this.place(level.price_e8);
    const stands = this.levels[at]?.price_e8 === level.price_e8;
    if (level.quantity_e8 === 0n) this.levels.splice(at, stands ? 1 : 0);
    else this.levels.splice(at, stands ? 1 : 0, level);
  }

  begin(messages: LevelMessage[]): void {
    this.levels = messages.map(levelOf);
  }
}

export class Book {
  readonly bids = new Side((a, b) => a > b);
  readonly asks = new Side((a, b) => a < b);
  sequence: number | null = null;
  /** Whether it is as the venue's: until the first snapshot, and from what did not fit on, it is not. */
  isSound = false;

  begin(snapshot: Snapshot): boolean {
    this.bids.begin(snapshot.bids);
    this.asks.begin(snapshot.asks);
    return this.stand(snapshot);
  }

  /** False: it does not fit, and the book is unsound. */
  change(change: Change): boolean {
    if (!this.isSound || change.previous_sequence !== this.sequence) {
      this.isSound = false;
      return false;
    }
    for (const level of change.bids) this.bids.put(level);
    for (const level of change.asks) this.asks.put(level);
    return this.stand(change);
  }

  void(): void {
    this.isSound = false;
  }

  checksum(): number {
    const text = (side: Side) =>
      side.levels.slice(0, CHECKED_LEVELS).map((level) => `${level.price}:${level.quantity}`);
    const texts = [...text(this.bids), ...text(this.asks)];
    return texts.length === 0 ? 0 : crc32(texts.join('|'));
  }

  private stand({ sequence, checksum }: Snapshot): boolean {
    this.sequence = sequence;
    this.isSound = this.checksum() === checksum;
    return this.isSound;
  }
}
