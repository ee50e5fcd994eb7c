export { builtinSchema, schemaNamed } from './builtin.ts';
export { compileCrd, schemasOf } from './crd/index.ts';
export { decodeError } from './decode-error.ts';
export { applyDefaults } from './defaults.ts';
export { builtinKinds, definitionName, definitionOf, kindOfDefinition, openApiName } from './definitions.ts';
export { fieldErrors } from './errors.ts';
export { type Notation, parseNotation } from './notation.ts';
export { prune, unknownFields } from './unknown-fields.ts';
export { validate } from './validate.ts';
