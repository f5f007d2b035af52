// verify.ts - whether a ticket is in the tree that the venue has signed, found out by this browser alone.
//
//     the ticket as it is shown -> its leaf -> its hash -> up the path -> a root
//     the note -> by the key that is its signer's -> the root that was signed
import { fromHex, isEqual } from './bytes';
import { leafOf, type Ticket } from './leaf';
import { type Checkpoint, checkpointOf, isSigned } from './note';
import { leafHash, rootBy } from './tree';

export type Verdict =
  | { state: 'verified' | 'unchecked'; checkpoint: Checkpoint }
  | { state: 'pending' }
  | { state: 'wrong'; why: 'badNote' | 'tree' | 'signature' };

/** What the answer itself says of leaf, size and root is not asked: the one is made, the others are in the signed text. */
export async function verify(ticket: Ticket, keys: string[]): Promise<Verdict> {
  const proof = ticket.inclusion_proof;
  if (!proof) return { state: 'pending' };
  const checkpoint = checkpointOf(proof.note);
  if (!checkpoint) return { state: 'wrong', why: 'badNote' };
  const leaf = await leafHash(leafOf(ticket));
  const root = await rootBy(leaf, proof.leaf_index, checkpoint.size, proof.hashes.map(fromHex));
  if (!root || !isEqual(root, checkpoint.root)) return { state: 'wrong', why: 'tree' };
  const signed = await isSigned(proof.note, keys);
  if (signed === false) return { state: 'wrong', why: 'signature' };
  return { state: signed ? 'verified' : 'unchecked', checkpoint };
}
