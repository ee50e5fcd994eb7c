export { defaultBuiltin } from './defaults/index.ts';
export { type MetaOptions, validateMeta } from './meta.ts';
export type { TextCheck } from './names.ts';
export { canonicalQuantity, compareQuantities, parseQuantity, type Quantity } from './quantity.ts';
export { nameRule, validateBuiltin } from './rules/index.ts';
export { selectableFields } from './selectable-fields.ts';
