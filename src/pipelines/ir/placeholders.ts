import { textOf, type Values } from '../engine/values.ts';
import type { Json } from '../graph/graph.ts';
import type { ExecutorInput, RuntimeArtifact } from './executor-input.ts';
import { localPath, WORKSPACE_PATH } from './paths.ts';

/**
 * Command-line words with their placeholders filled in. A word may be a structure in JSON (`Concat`, `IfPresent`) and may
 * then become several words, or none. What cannot be resolved stays as it is written, as upstream leaves it.
 * @source pipelines backend/src/v2/component/launcher_v2.go, sdk placeholders@7b70c7b95f68
 */
export function resolveWords(words: readonly string[], input: ExecutorInput): string[] {
  return words.flatMap(word => {
    const structure = structureIn(word);
    return structure === undefined ? [resolveText(word, input)] : wordsOf(structure, input);
  });
}

type Structure = { Concat: Part[] } | { IfPresent: { InputName: string; Then: Part | Part[]; Else?: Part | Part[] } };
type Part = string | Structure;

function structureIn(word: string): Structure | undefined {
  if (!/^\s*\{\s*"(?:Concat|IfPresent)"/.test(word)) return undefined;
  try {
    return JSON.parse(word) as Structure;
  } catch {
    return undefined;
  }
}
function wordsOf(part: Part | Part[], input: ExecutorInput): string[] {
  if (Array.isArray(part)) return part.flatMap(p => wordsOf(p, input));
  if (typeof part === 'string') return resolveWords([part], input);
  if ('Concat' in part) return [part.Concat.flatMap(p => wordsOf(p, input)).join('')];
  const { InputName, Then, Else } = part.IfPresent;
  const isPresent = InputName in input.inputs.parameterValues || InputName in input.inputs.artifacts;
  if (isPresent) return wordsOf(Then, input);
  return Else === undefined ? [] : wordsOf(Else, input);
}

const PLACEHOLDER = /\{\{\$(?:\.([^{}]*))?\}\}/g;

/** A text with its `{{$…}}` filled in. */
export function resolveText(text: string, input: ExecutorInput): string {
  if (!text.includes('{{$')) return text;
  return text.replace(PLACEHOLDER, (whole, path: string | undefined) =>
    path === undefined ? JSON.stringify(input) : (valueAt(path, input) ?? whole),
  );
}
/** A JSON value with placeholders in all its texts filled in; a text that is one placeholder keeps the type of the value. */
export function resolveJson(value: Json, input: ExecutorInput): Json {
  if (typeof value === 'string') {
    const name = /^\{\{\$\.inputs\.parameters\[(['"])(.*?)\1\]\}\}$/.exec(value)?.[2];
    const typed = name === undefined ? undefined : input.inputs.parameterValues[name];
    return typed ?? resolveText(value, input);
  }
  if (Array.isArray(value)) return value.map(v => resolveJson(v, input));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [resolveText(k, input), resolveJson(v, input)]));
}

/**
 * A JSON value with the parameters that its texts name filled in, and nothing else; a text that is one name keeps the type.
 * Unlike upstream's launcher, which replaces in no order, also in values that are handed on to a sub-pipeline.
 */
export function resolveParameters(value: Json, inputs: Values): Json {
  if (typeof value === 'string') {
    if (!value.includes('{{$.inputs.')) return value;
    const name = new RegExp(`^${PARAMETER.source}$`).exec(value)?.[2];
    if (name !== undefined) return parameterOf(name, inputs) ?? value;
    return value.replace(PARAMETER, (whole, _, inside: string) => {
      const given = parameterOf(inside, inputs);
      return given === undefined ? whole : textOf(given);
    });
  }
  if (Array.isArray(value)) return value.map(v => resolveParameters(v, inputs));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([k, v]) => [resolveParameters(k, inputs), resolveParameters(v, inputs)]);
  return Object.fromEntries(entries);
}
/** Also one that its component does not declare: the SDK passes those in for the sake of such texts. */
function parameterOf(name: string, { parameters, pod }: Values): Json | undefined {
  return parameters[name] ?? pod?.[name] ?? undefined;
}
const PARAMETER = /\{\{\$\.inputs\.parameters\[(['"])([^'"{}]*)\1\]\}\}/g;

const MEMBER = /^(inputs|outputs)\.(parameters|artifacts)\[(['"])(.*?)\3\](?:\.(.*))?$/;

function valueAt(path: string, input: ExecutorInput): string | undefined {
  if (path === 'outputs.output_file' || path === 'outputs.output_metadata_uri') return input.outputs.outputFile;
  if (path === 'workspace_path') return WORKSPACE_PATH;
  const [, side, what, , name, rest] = MEMBER.exec(path) ?? [];
  if (name === undefined) return undefined;
  if (what === 'artifacts') {
    const artifact = input[side as 'inputs' | 'outputs'].artifacts[name]?.artifacts[0];
    return artifact && ofArtifact(artifact, rest);
  }
  if (side === 'outputs') return rest === 'output_file' ? input.outputs.parameters[name]?.outputFile : undefined;
  const value = input.inputs.parameterValues[name];
  return value === undefined ? undefined : textOf(value);
}
function ofArtifact(artifact: RuntimeArtifact, member: string | undefined): string | undefined {
  switch (member) {
    case undefined:
      return JSON.stringify(artifact);
    case 'uri':
      return artifact.uri;
    case 'path':
      return localPath(artifact.uri, artifact.metadata);
    case 'name':
      return artifact.name;
    case 'metadata':
      return JSON.stringify(artifact.metadata);
    default: {
      const key = /^(?:metadata|properties|custom_properties)\[(['"])(.*?)\1\]$/.exec(member)?.[2];
      const value = key === undefined ? undefined : artifact.metadata[key];
      return value === undefined ? undefined : textOf(value);
    }
  }
}
