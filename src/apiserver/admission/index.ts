export { Admission, type AdmissionStep, type Find } from './admission.ts';
export { poster } from './dynamic/post.ts';
export { Webhooks } from './dynamic/webhooks.ts';
