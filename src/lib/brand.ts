/** The domain of our own API groups, annotations and labels. One place, so that it can change. */
export const DOMAIN = 'skiff.dev';
/** Group of our own kinds (`Run`). */
export const GROUP = `pipelines.${DOMAIN}`;
export const VERSION = '0.1.0';
