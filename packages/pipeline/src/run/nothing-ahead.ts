import type { Micros } from '@parallax/core';
import type { Draft } from '../draft/draft.ts';
import type { Slice } from '../ingest/slices.ts';
import type { CountedCapture } from '../online/answers.ts';
import type { DoneAhead, Span } from '../pipeline.ts';

/** Nothing was done ahead of a minute. What does some of it extends this. */
export class NothingAhead implements DoneAhead {
  async slices(_minute: Micros): Promise<readonly Slice[]> {
    return [];
  }

  claimed(): void {}

  readingAfter(): Span | null {
    return null;
  }

  turn(_minute: Micros): string | null | undefined {
    return undefined;
  }

  draft(_minute: Micros): Draft | null {
    return null;
  }

  reading(): readonly Span[] {
    return [];
  }

  scoring(): Span | null {
    return null;
  }

  async answersAfter(): Promise<readonly CountedCapture[]> {
    return [];
  }
}
