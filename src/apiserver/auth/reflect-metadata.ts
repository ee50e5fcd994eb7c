// tsyringe, below @peculiar/x509, wants the `reflect-metadata` polyfill at load. The part it uses is this; nothing else here
// decorates, and a polyfill of 1,500 lines that patches a global would be the larger evil.
const metadata = new WeakMap<object, Map<string, unknown>>();
function own(target: object): Map<string, unknown> {
  let known = metadata.get(target);
  if (!known) metadata.set(target, (known = new Map()));
  return known;
}
const polyfill = {
  getMetadata: (key: string, target: object): unknown => own(target).get(key),
  getOwnMetadata: (key: string, target: object): unknown => own(target).get(key),
  hasOwnMetadata: (key: string, target: object): boolean => own(target).has(key),
  defineMetadata: (key: string, value: unknown, target: object): void => void own(target).set(key, value),
  metadata: (key: string, value: unknown) => (target: object) => void own(target).set(key, value),
};
if (!('getMetadata' in Reflect)) Object.assign(Reflect, polyfill);

export {};
