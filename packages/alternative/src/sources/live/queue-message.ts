import { createHash } from 'node:crypto';
import { PAYLOAD_BYTES_MAX } from '../../limits.ts';

/** What this side needs of an AMQP message. */
export interface QueueMessage {
  /** The message id as text; null when it has none. */
  readonly id: string | null;
  /** Null when the body is neither bytes nor text. */
  readonly payload: Buffer | null;
}

/** The type code of a data section (AMQP 1.0, part 3.2.6). */
const DATA = 0x75;

/** A received message: ids of bytes are written in hex, numbers in decimal; several data sections are one payload. */
export function queueMessage(message: { readonly message_id?: unknown; readonly body?: unknown }): QueueMessage {
  return { id: idOf(message.message_id), payload: bytesOf(message.body) };
}

function idOf(id: unknown): string | null {
  switch (typeof id) {
    case 'string':
      return id;
    case 'number':
    case 'bigint':
      return id.toString();
    default:
      return Buffer.isBuffer(id) ? id.toString('hex') : null;
  }
}

function bytesOf(body: unknown): Buffer | null {
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  if (Buffer.isBuffer(body)) return body;
  if (body === null || typeof body !== 'object') return null;
  const { typecode, content } = body as { readonly typecode?: unknown; readonly content?: unknown };
  if (typecode !== DATA) return null;
  const sections = Array.isArray(content) ? content : [content];
  return sections.every((section): section is Buffer => Buffer.isBuffer(section)) ? Buffer.concat(sections) : null;
}

/** What a message is found by on both sides of the address: its id, or where it has none its payload. */
export function identityOf(id: string | null, payload: Buffer | null): string {
  if (id !== null) return `i${id}`;
  return payload === null ? 'n' : `p${createHash('sha256').update(cut(payload)).digest('base64')}`;
}

/** The id that a message is found by; null when it has none. */
export function idOfIdentity(identity: string): string | null {
  return identity.startsWith('i') ? identity.slice(1) : null;
}

/** The bridge carries as much of a payload as shows that it is too large: both sides compare no more. */
export function cut(payload: Buffer): Buffer {
  return payload.length > PAYLOAD_BYTES_MAX ? payload.subarray(0, PAYLOAD_BYTES_MAX + 1) : payload;
}

export function samePayload(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : cut(a).equals(cut(b));
}
