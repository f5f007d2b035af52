// sse.ts - Server-Sent Events as they come, cut out of the pieces that the network makes of them. Pure.

export interface Message {
  event: string;
  data: string;
}

/** Takes text, gives whole messages. What only moves the id (a heartbeat) is none, and moves it all the same. */
export class MessageCutter {
  lastId = '';
  private rest = '';

  take(text: string): Message[] {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop()!;
    return blocks.flatMap((block) => this.read(block));
  }

  private read(block: string): Message[] {
    let event = 'message';
    const data: string[] = [];
    for (const line of block.split('\n')) {
      const [name, value] = line.split(/: ?(.*)/s, 2) as [string, string | undefined];
      if (name === 'id') this.lastId = value ?? '';
      else if (name === 'event') event = value ?? '';
      else if (name === 'data') data.push(value ?? '');
    }
    return data.length ? [{ event, data: data.join('\n') }] : [];
  }
}
