export { Admission, type AdmissionStep, type Find } from './admission.ts';
