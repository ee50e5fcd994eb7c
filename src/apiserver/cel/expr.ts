import type { Overload } from './library/library.ts';
import type { CelType } from './types.ts';

/** Macros that walk over a list or a map. */
export type LoopKind = 'all' | 'exists' | 'existsOne' | 'map' | 'filter' | 'transformList' | 'transformMap' | 'transformMapEntry';

/** A checked expression: every name is resolved and every call knows which overloads it may be. */
export type Expr = { readonly type: CelType } & (
  | { readonly op: 'const'; readonly value: unknown }
  | { readonly op: 'ident'; readonly name: string }
  /** `isTest`: `has(of.field)`; `isOptional`: `of.?field`. */
  | { readonly op: 'select'; readonly of: Expr; readonly field: string; readonly isTest: boolean; readonly isOptional: boolean }
  | { readonly op: 'optionalIndex'; readonly of: Expr; readonly key: Expr }
  | { readonly op: 'call'; readonly name: string; readonly overloads: readonly Overload[]; readonly args: readonly Expr[] }
  | { readonly op: 'logic'; readonly isAnd: boolean; readonly left: Expr; readonly right: Expr }
  | { readonly op: 'cond'; readonly test: Expr; readonly yes: Expr; readonly no: Expr }
  | { readonly op: 'list'; readonly items: readonly Expr[] }
  | { readonly op: 'map'; readonly entries: readonly (readonly [Expr, Expr])[] }
  | {
      readonly op: 'loop';
      readonly kind: LoopKind;
      readonly range: Expr;
      readonly names: readonly string[];
      readonly filter?: Expr;
      readonly body: Expr;
    }
  | { readonly op: 'optMap'; readonly of: Expr; readonly name: string; readonly body: Expr; readonly isFlat: boolean }
);
