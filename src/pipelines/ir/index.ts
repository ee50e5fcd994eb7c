export { loadYaml } from './yaml.ts';
