// note.ts - C2SP signed notes with Ed25519, and what the checkpoints in them say (libs/proof/note.h, checkpoint.h).
import { type Bytes, fromBase64, sha256, toHex, utf8 } from './bytes';

const ED25519 = 1;
const ID_SIZE = 4;

export interface Checkpoint {
  size: number;
  root: Bytes;
  number: number;
}

/** A note's text, whose lines all have their ends, and its lines of signatures. */
function split(note: string): [text: string, signatures: string[]] {
  const end = note.lastIndexOf('\n\n');
  return [note.slice(0, end + 1), note.slice(end + 2).split('\n')];
}

/** undefined: the note is of no checkpoint. */
export function checkpointOf(note: string): Checkpoint | undefined {
  const [text] = split(note);
  const found = /^[^\n]+\n(\d+)\n([^\n]+)\nnumber (\d+)\n/.exec(text);
  const root = found && fromBase64(found[2]!);
  return root ? { size: Number(found[1]), root, number: Number(found[3]) } : undefined;
}

/** The public key of NAME+ID+KEY, where the id is that of name and key. */
async function openKey(key: string): Promise<{ name: string; id: string; bytes: Bytes } | undefined> {
  const [, name = '', id = '', text = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(key) ?? [];
  const typed = fromBase64(text);
  if (typed?.[0] !== ED25519) return undefined;
  const digest = await sha256(utf8(`${name}\n`), typed);
  return toHex(digest.slice(0, ID_SIZE)) === id ? { name, id, bytes: typed.slice(1) } : undefined;
}

async function isBy(key: Bytes, text: string, signature: Bytes): Promise<boolean> {
  const opened = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', opened, signature, utf8(text));
}

/** Whether one of the keys has signed the note. undefined: this browser knows no Ed25519. */
export async function isSigned(note: string, keys: string[]): Promise<boolean | undefined> {
  const [text, lines] = split(note);
  for (const key of keys) {
    const known = await openKey(key);
    for (const line of known ? lines : []) {
      const start = `— ${known!.name} `;
      const bytes = line.startsWith(start) ? fromBase64(line.slice(start.length)) : undefined;
      if (!bytes || toHex(bytes.slice(0, ID_SIZE)) !== known!.id) continue;
      try {
        if (await isBy(known!.bytes, text, bytes.slice(ID_SIZE))) return true;
      } catch (error) {
        if (error instanceof DOMException && error.name === 'NotSupportedError') return undefined;
        throw error;
      }
    }
  }
  return false;
}
