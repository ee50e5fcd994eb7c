export { defaultBuiltin } from './defaults/index.ts';
export { validateMeta } from './meta.ts';
export { selectableFields } from './selectable-fields.ts';
export { validateBuiltin } from './validate.ts';
