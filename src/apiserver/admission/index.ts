export { Admission, type AdmissionStep, type Find } from './admission.ts';
export type { UserCan } from './dynamic/conditions.ts';
export { expressionErrorsOf } from './dynamic/expression-errors.ts';
export { Policies } from './dynamic/policies.ts';
export { poster } from './dynamic/post.ts';
export { type ClientConfig, type Post, Webhooks } from './dynamic/webhooks.ts';
