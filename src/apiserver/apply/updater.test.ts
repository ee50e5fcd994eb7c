import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Cases, checkScenario } from './testing/scenarios.ts';

const DATA = new URL('../../../../shared/conformance/apimachinery/smd/merge-cases.json', import.meta.url);
const { schemas, cases }: Cases = existsSync(DATA) ? JSON.parse(readFileSync(DATA, 'utf8')) : { schemas: {}, cases: [] };

for (const scenario of cases) test(`upstream ${scenario.test}: ${scenario.name}`, () => checkScenario(scenario, schemas));
