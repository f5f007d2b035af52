import { webcrypto } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { type Bytes, isEqual, sha256, toHex, utf8 } from './bytes';
import { leafOf, type Ticket } from './leaf';
import { checkpointOf, isSigned } from './note';
import { leafHash, rootBy } from './tree';
import { verify } from './verify';

// Node 18 has it under another name only.
beforeAll(() => {
  globalThis.crypto ??= webcrypto as Crypto;
});

const KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';

const TICKET = {
  id: 'TKT-2026-000001',
  command_id: '01000000-0000-0000-0000-000000000000',
  action: 'PlaceOrder',
  entity_type: 'order',
  entity_id: null,
  account_id: '02000000-0000-0000-0000-000000000000',
  actor_id: null,
  outcome: 'failed',
  code: 'TICK_SIZE',
  source: { topic: 'bourse.orders.events', partition: 4, offset: 5 },
  event_id: '04000000-0000-0000-0000-000000000000',
  hash: `aa${'00'.repeat(31)}`,
  occurred_at: '1970-01-01T00:00:00.000006Z',
} as unknown as Ticket;

test('a leaf is what the venue has in its tree, byte by byte', () => {
  // As tests/unit/libs/proof/leaf_test.c has it.
  const expected =
    '\x1eTKT-2026-000001\x4801000000-0000-0000-0000-000000000000\x14PlaceOrder\x02\x0aorder\x00' +
    '\x02\x4802000000-0000-0000-0000-000000000000\x00\x02\x02\x12TICK_SIZE\x28bourse.orders.events\x08\x0a' +
    `\x4804000000-0000-0000-0000-000000000000\xaa${'\0'.repeat(31)}\x0c`;
  expect(String.fromCharCode(...leafOf(TICKET))).toBe(expected);
});

test('of a refusal that a gateway reported, the place of its own event is no part of it', () => {
  const own = { ...TICKET, source: { topic: 'bourse.audit.events', partition: 0, offset: 7 } } as Ticket;
  const other = { ...own, hash: 'bb'.repeat(32), event_id: TICKET.account_id! } as Ticket;
  expect(leafOf(own)).toEqual(leafOf(other));
  const late = { ...TICKET, occurred_at: '2026-11-30T00:51:07.004211Z' } as Ticket;
  expect(toHex(leafOf(late).slice(-8))).toBe(toHex(zigzag(1_795_999_867_004_211n)));
});

function zigzag(value: bigint): Bytes {
  const bytes = [];
  for (let rest = value * 2n; ; rest /= 128n) {
    if (rest < 128n) return Uint8Array.from([...bytes, Number(rest)]);
    bytes.push(Number(rest % 128n) + 128);
  }
}

/** The root and each leaf's path, from the top down: the definition (RFC 9162, 2.1.1 and 2.1.3.1). */
async function treeOf(leaves: Bytes[]): Promise<{ root: Bytes; paths: Bytes[][] }> {
  if (leaves.length === 1) return { root: leaves[0]!, paths: [[]] };
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [await treeOf(leaves.slice(0, split)), await treeOf(leaves.slice(split))];
  return {
    root: await sha256([1], left.root, right.root),
    paths: [
      ...left.paths.map((path) => [...path, right.root]),
      ...right.paths.map((path) => [...path, left.root]),
    ],
  };
}

test('of trees of every size each leaf leads to the root, and no other leaf or path does', async () => {
  for (let size = 1; size <= 17; size++) {
    const leaves = await Promise.all(Array.from({ length: size }, (_, i) => leafHash(utf8(`leaf ${i}`))));
    const { root, paths } = await treeOf(leaves);
    for (const [index, path] of paths.entries()) {
      expect(await rootBy(leaves[index]!, index, size, path)).toEqual(root);
      expect(await rootBy(leaves[index]!, index, size, [...path, root])).toBeUndefined();
      if (path.length) expect(await rootBy(leaves[index]!, index, size, path.slice(1))).not.toEqual(root);
      const other = await rootBy(await leafHash(utf8('another')), index, size, path);
      expect(other && isEqual(other, root)).toBe(false);
    }
    expect(await rootBy(leaves[0]!, size, size, [])).toBeUndefined();
  }
});

const NOTE = [
  'If you think cryptography is the answer to your problem,',
  "then you don't know what your problem is.",
  '',
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=',
  '',
].join('\n');

test('a note is signed by its key alone, in every letter', async () => {
  expect(await isSigned(NOTE, [KEY])).toBe(true);
  expect(await isSigned(NOTE.replace('answer', 'Answer'), [KEY])).toBe(false);
  expect(await isSigned(NOTE, [])).toBe(false);
  expect(await isSigned(NOTE, [KEY.replace('c74f20a3', 'c74f20a4')])).toBe(false);
  expect(await isSigned(NOTE.replace('x08go/ZJ', 'x08go/ZK'), [KEY])).toBe(false);
  expect(checkpointOf(NOTE)).toBeUndefined();
});

/** A venue of one key, whose tree of three tickets is signed. */
async function signed(): Promise<{ ticket: Ticket; key: string }> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const [name, typed] = ['bourse/test/audit', Uint8Array.from([1, ...raw])];
  const id = (await sha256(utf8(`${name}\n`), typed)).slice(0, 4);
  const base64 = (bytes: Bytes) => btoa(String.fromCharCode(...bytes));
  const leaves = [utf8('a'), leafOf(TICKET), utf8('c')].map(leafHash);
  const { root, paths } = await treeOf(await Promise.all(leaves));
  const text = `${name}\n3\n${base64(root)}\nnumber 7\nmade_at 2026-11-30T00:51:07.004211Z\n`;
  const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, utf8(text)));
  const note = `${text}\n— ${name} ${base64(Uint8Array.from([...id, ...signature]))}\n`;
  const inclusion_proof = { leaf_index: 1, hashes: paths[1]!.map(toHex), note };
  return {
    ticket: { ...TICKET, inclusion_proof } as unknown as Ticket,
    key: `${name}+${toHex(id)}+${base64(typed)}`,
  };
}

test('a ticket is verified as it is shown, and not where a word of it is another', async () => {
  const { ticket, key } = await signed();
  expect(await verify(ticket, [key])).toMatchObject({
    state: 'verified',
    checkpoint: { number: 7, size: 3 },
  });
  for (const other of [{ code: 'LOT_SIZE' }, { outcome: 'success' }, { entity_id: '1' }] as Partial<Ticket>[])
    expect(await verify({ ...ticket, ...other }, [key])).toEqual({ state: 'wrong', why: 'tree' });
  expect(await verify(ticket, [KEY])).toEqual({ state: 'wrong', why: 'signature' });
  expect(await verify({ ...ticket, inclusion_proof: null }, [key])).toEqual({ state: 'pending' });
});
