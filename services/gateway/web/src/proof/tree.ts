// tree.ts - the Merkle tree of RFC 9162, from one leaf's side: the root that its inclusion proof leads to.
import { type Bytes, sha256 } from './bytes';

export const leafHash = (leaf: Bytes): Promise<Bytes> => sha256([0], leaf);
const nodeHash = (left: Bytes, right: Bytes): Promise<Bytes> => sha256([1], left, right);

/** The root of a tree of `size` leaves that has `leaf` at `index` (2.1.3.2). undefined: the path is of another length. */
export async function rootBy(
  leaf: Bytes,
  index: number,
  size: number,
  path: Bytes[],
): Promise<Bytes | undefined> {
  let [node, last] = [BigInt(index), BigInt(size) - 1n];
  let root = leaf;
  if (node > last) return undefined;
  for (const sibling of path) {
    if (last === 0n) return undefined;
    if (node & 1n || node === last) {
      root = await nodeHash(sibling, root);
      // The last node of a level has no sibling there, and is its own parent.
      for (; !(node & 1n) && node !== 0n; last >>= 1n) node >>= 1n;
    } else root = await nodeHash(root, sibling);
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? root : undefined;
}
