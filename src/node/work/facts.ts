import type { Frozen, Key, Obj, Ref, Source } from '../../kube/index.ts';
import type { Clock, Logger } from '../../lib/index.ts';
import { type AgentFact, type PodWant, type Problem, SOURCE } from '../agent/fact.ts';
import { NotStartable } from '../errors.ts';
import type { PodFact, PodRuntime } from '../runtime.ts';
import { containerLogPath } from '../streams/log-path.ts';
import { logTail } from '../streams/log-tail.ts';

type Own = {
  problems: Record<string, Problem>;
  images: Record<string, string>;
  volumeVersions?: string;
  evicted?: string;
  want?: PodWant;
};

/** Source `containers`: what the runtime says of a Pod, and what kept its parts from starting. Keyed by the Pod's uid. */
export class Facts implements Source<AgentFact> {
  readonly name = SOURCE.containers;
  readonly #runtime: PodRuntime;
  readonly #home: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #own = new Map<string, Own>();
  /** Facts of the runtime with termination messages filled in: what plans see. */
  readonly #seen = new Map<string, PodFact>();
  readonly #tails = new Map<string, string>();
  readonly #listeners = new Map<string, Set<() => void>>();
  #notify: (uid: string) => void = () => {};
  #dropped: (uid: string, pod: PodWant) => void = () => {};

  constructor(o: { runtime: PodRuntime; home: string; clock: Clock; log: Logger }) {
    this.#runtime = o.runtime;
    this.#home = o.home;
    this.#clock = o.clock;
    this.#log = o.log;
  }

  /** Takes over what the runtime adopted. Before this, plans would take running Pods for lost ones. */
  open(): void {
    this.#runtime.onChange(uid => this.#take(uid));
    for (const uid of this.#runtime.uids()) this.#take(uid);
  }
  async start(o: { changed(key: string): void }): Promise<void> {
    this.#notify = o.changed;
  }
  get(uid: string): Frozen<AgentFact> | undefined {
    const own = this.#own.get(uid);
    const runtime = this.#seen.get(uid);
    if (!own && !runtime) return undefined;
    const { problems = {}, images = {}, volumeVersions, evicted } = own ?? {};
    return {
      problems,
      images,
      ...(runtime ? { runtime } : {}),
      ...(volumeVersions === undefined ? {} : { volumeVersions }),
      ...(evicted === undefined ? {} : { evicted }),
    };
  }
  want(uid: string, params: unknown): void {
    this.#ownOf(uid).want = params as PodWant;
    if (this.#untold(uid).length > 0) this.#take(uid);
  }
  /** The Pod's object is gone. */
  drop(uid: string): void {
    const want = this.#own.get(uid)?.want;
    this.#own.delete(uid);
    if (want) this.#dropped(uid, want);
  }
  onDropped(listener: (uid: string, pod: PodWant) => void): void {
    this.#dropped = listener;
  }

  /** Calls back when a Pod's fact may have changed; returns how to stop. */
  onPodChange(uid: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(uid) ?? new Set();
    this.#listeners.set(uid, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(uid);
    };
  }

  /** The Pods that read an object: they are planned when it changes. */
  readers(o: Frozen<Obj>): Key[] {
    const { kind, metadata } = o;
    const reads = (r: Ref) => r.kind === kind && r.name === metadata.name && r.namespace === metadata.namespace;
    return [...this.#own.values()].flatMap(({ want }) =>
      want?.refs.some(reads) ? [{ namespace: want.namespace, name: want.name }] : [],
    );
  }

  fail(uid: string, part: string, error: unknown): void {
    const { reason, message, missing } = error instanceof NotStartable ? error : this.#unexpected(uid, error);
    const own = this.#ownOf(uid);
    const count = (own.problems[part]?.count ?? 0) + 1;
    const problem: Problem = { reason, message, count, at: this.#clock.now().toISOString(), ...(missing ? { missing } : {}) };
    own.problems = { ...own.problems, [part]: problem };
    this.#changed(uid);
  }
  succeed(uid: string, part: string): void {
    const own = this.#ownOf(uid);
    if (!own.problems[part]) return;
    const { [part]: _, ...rest } = own.problems;
    own.problems = rest;
    this.#changed(uid);
  }
  setImage(uid: string, container: string, imageID: string): void {
    const own = this.#ownOf(uid);
    own.images = { ...own.images, [container]: imageID };
  }
  setVolumeVersions(uid: string, versions: string): void {
    this.#ownOf(uid).volumeVersions = versions;
  }
  /** The node is short of something: the Pod ends with this message. */
  evict(uid: string, message: string): void {
    this.#ownOf(uid).evicted = message;
    this.#changed(uid);
  }
  problem(uid: string, part: string): Problem | undefined {
    return this.#own.get(uid)?.problems[part];
  }

  #changed(uid: string): void {
    this.#notify(uid);
    for (const listener of [...(this.#listeners.get(uid) ?? [])]) listener();
  }
  #ownOf(uid: string): Own {
    let own = this.#own.get(uid);
    if (!own) this.#own.set(uid, (own = { problems: {}, images: {} }));
    return own;
  }
  #unexpected(uid: string, error: unknown): NotStartable {
    this.#log.error('start failed', { uid, error });
    return new NotStartable('CreateContainerError', error instanceof Error ? error.message : String(error));
  }

  #take(uid: string): void {
    const untold = this.#untold(uid);
    if (untold.length === 0) {
      this.#show(uid);
      return;
    }
    const pod = this.#own.get(uid)!.want!;
    const reads = untold.map(async ({ name, attempt }) => {
      this.#tails.set(`${uid}/${name}/${attempt}`, await logTail(containerLogPath(this.#home, { ...pod, uid }, name, attempt)));
    });
    void Promise.all(reads)
      .catch(error => this.#log.warn('log tail not read', { uid, error }))
      .then(() => this.#show(uid));
  }
  /** Failed attempts without a message whose log should speak for them and was not read yet. */
  #untold(uid: string): PodFact['containers'] {
    const names = this.#own.get(uid)?.want?.logTails ?? [];
    const runs = names.length > 0 ? (this.#runtime.fact(uid)?.containers ?? []) : [];
    return runs.filter(
      c =>
        names.includes(c.name) &&
        c.state === 'exited' &&
        c.exitCode !== 0 &&
        !c.terminationMessage &&
        !this.#tails.has(`${uid}/${c.name}/${c.attempt}`),
    );
  }
  #show(uid: string): void {
    const fact = this.#runtime.fact(uid);
    if (!fact) {
      this.#seen.delete(uid);
      for (const id of this.#tails.keys()) if (id.startsWith(`${uid}/`)) this.#tails.delete(id);
    } else {
      const containers = fact.containers.map(c => {
        const tail = c.terminationMessage ? undefined : this.#tails.get(`${uid}/${c.name}/${c.attempt}`);
        return tail ? { ...c, terminationMessage: tail } : c;
      });
      this.#seen.set(uid, { ...fact, containers });
    }
    this.#changed(uid);
  }
}
