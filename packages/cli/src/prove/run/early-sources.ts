import type { Alternative } from '@parallax/alternative';
import type { OnlineCall, RegisteredDay, Sources, TableRows, TakeMessage } from '@parallax/alternative/sources/source.ts';
import type { Micros, Project } from '@parallax/core';
import type { Random } from '../random.ts';

/** In this share of the minutes all is there before the seal: what was scored then must hold to the end. */
const WHOLE_BEFORE = 0.5;

/** In the others this share of what could be given before the seal is held back until after it. */
const HELD_BACK = 0.2;

/** Times at most that the alternative goes ahead in one minute. */
const PIECES_MAX = 3;

interface Held {
  readonly payload: Buffer | null;
  readonly id: string | null;
  readonly ref: number;
}

/** The messages and calls of the minute that is running, as far as they were not given yet. */
interface Running {
  readonly minute: Micros;
  readonly messages: Map<string, Held[]>;
  readonly calls: Map<string, OnlineCall[]>;
}

/** A recording's sources whose running minute can be read before its seal, in pieces, as a live run's can; some of it comes after the seal only. */
export class EarlySources implements Sources {
  /** Messages that were given before their minute's seal. */
  messagesGiven = 0;
  /** Calls that were. */
  callsGiven = 0;
  readonly #recording: Sources;
  readonly #project: Project;
  readonly #random: Random;
  #running: Running | null = null;
  #whole = false;

  constructor(recording: Sources, project: Project, random: Random) {
    this.#recording = recording;
    this.#project = project;
    this.#random = random;
  }

  /** Begins a minute as the live verifier does: what it reads and scores before the seal, in pieces. `alternative.run` does the rest. */
  async goAhead(alternative: Alternative, minute: Micros): Promise<void> {
    await this.#begin(minute);
    await alternative.begin(minute);
    this.#whole = this.#random.chance(WHOLE_BEFORE);
    const pieces = this.#whole ? 1 : this.#random.below(PIECES_MAX + 1);
    for (let piece = 0; piece < pieces; piece++) {
      await alternative.readAhead();
      // Now and then there is no time to score them all.
      const scored = !this.#whole && this.#random.chance(HELD_BACK) ? 0 : Number.POSITIVE_INFINITY;
      let asked = 0;
      await alternative.scoreAhead(() => ++asked > scored);
    }
  }

  async #begin(minute: Micros): Promise<void> {
    const running: Running = { minute, messages: new Map(), calls: new Map() };
    for (const { name } of this.#project.streams) {
      const held: Held[] = [];
      await this.#recording.messages(minute, name, (payload, id, ref) => held.push({ payload, id, ref }));
      running.messages.set(name, held);
    }
    for (const { name } of this.#project.online) {
      const calls: OnlineCall[] = [];
      for await (const call of this.#recording.calls(minute, name)) calls.push(call);
      running.calls.set(name, calls);
    }
    this.#running = running;
  }

  messagesAhead(minute: Micros, stream: string, take: TakeMessage): void {
    const held = this.#of(minute)?.messages.get(stream) ?? [];
    const back: Held[] = [];
    for (const each of held.splice(0, this.#some(held))) {
      if (!this.#whole && this.#random.chance(HELD_BACK)) back.push(each);
      else {
        this.messagesGiven++;
        take(each.payload, each.id, each.ref);
      }
    }
    held.unshift(...back);
  }

  async callsAhead(minute: Micros, source: string): Promise<readonly OnlineCall[]> {
    const calls = this.#of(minute)?.calls.get(source) ?? [];
    const given = calls.splice(0, this.#some(calls));
    this.callsGiven += given.length;
    return given;
  }

  async messages(minute: Micros, stream: string, take: TakeMessage, signal?: AbortSignal): Promise<void> {
    const held = this.#of(minute)?.messages.get(stream);
    if (held === undefined) return this.#recording.messages(minute, stream, take, signal);
    for (const { payload, id, ref } of held) take(payload, id, ref);
  }

  async *calls(minute: Micros, source: string): AsyncIterable<OnlineCall> {
    yield* this.#of(minute)?.calls.get(source) ?? this.#recording.calls(minute, source);
  }

  /** How many of those that are left are there by now. */
  #some(left: readonly unknown[]): number {
    return this.#whole ? left.length : this.#random.below(left.length + 1);
  }

  #of(minute: Micros): Running | null {
    return this.#running?.minute === minute ? this.#running : null;
  }

  payloads(...of: Parameters<Sources['payloads']>): Promise<void> {
    return this.#recording.payloads(...of);
  }

  days(): Promise<readonly RegisteredDay[]> {
    return this.#recording.days();
  }

  table(day: string, source: string, table: string): Promise<TableRows> {
    return this.#recording.table(day, source, table);
  }

  holds(...of: Parameters<Sources['holds']>): Promise<boolean> {
    return this.#recording.holds(...of);
  }

  dayBytes(day: string): Promise<number> {
    return this.#recording.dayBytes(day);
  }
}
