import type { Module } from '../kube/index.ts';
import { pipelines } from '../pipelines/index.ts';

/** The modules of this Skiff. Adding one is a folder under `src/` and its line here. */
export const modules: readonly Module[] = [pipelines];
