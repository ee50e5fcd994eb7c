import type { SqlValue, Statement } from '../../data/types.ts';
import type { Frozen, Obj } from '../../kube/index.ts';
import { sha256Hex } from '../../lib/index.ts';
import type { Pipeline, PipelineVersion } from '../api/pipeline.ts';
import type { Run } from '../api/run.ts';
import { apiNameOf } from './object-names.ts';
import { runMessageOf, shownState } from './runs/message.ts';
import { compact, isObject, timestamp, unixSeconds } from './wire/message.ts';

/** The rows that follow from an object, and from its end. An object that is on its way out has no rows any more. */
export function runRows(run: Frozen<Run>): Statement[] {
  const { metadata, spec, status } = run;
  if (metadata.deletionTimestamp) return forgetRun(metadata.uid!);
  const text = spec?.pipelineSpec === undefined || spec.pipelineRef ? undefined : specText(spec);
  const row = {
    run_id: metadata.uid!,
    namespace: metadata.namespace!,
    object_name: metadata.name,
    display_name: spec?.displayName ?? metadata.name,
    description: spec?.description ?? '',
    experiment_id: spec?.experimentId ?? '',
    recurring_run_id: spec?.recurringRunId ?? '',
    created_at: unixSeconds(metadata.creationTimestamp),
    scheduled_at: unixSeconds(spec?.scheduledAt ?? metadata.creationTimestamp),
    finished_at: unixSeconds(status?.finishedAt),
    storage_state: spec?.storageState ?? 'AVAILABLE',
    state: shownState(run),
    version: Number(metadata.resourceVersion),
  };
  return [
    ...keepSpec(text),
    upsert('run_list', 'run_id', row, 'WHERE excluded.version >= run_list.version'),
    {
      // Only beside the row it belongs to: not when that was newer.
      sql: `INSERT INTO run_message (run_id, json, spec_sha256) SELECT ?, ?, ? FROM run_list WHERE run_id = ? AND version = ?
            ON CONFLICT DO UPDATE SET json = excluded.json, spec_sha256 = excluded.spec_sha256`,
      params: [row.run_id, JSON.stringify(runMessageOf(run)), text?.sha256 ?? null, row.run_id, row.version],
    },
  ];
}
export function forgetRun(runId: string): Statement[] {
  return ['run_list', 'run_message'].map(table => ({ sql: `DELETE FROM ${table} WHERE run_id = ?`, params: [runId] }));
}

export function pipelineMessageOf(p: Frozen<Pipeline>): Record<string, unknown> {
  const name = apiNameOf(p);
  return {
    ...compact({
      pipeline_id: p.metadata.uid,
      display_name: p.spec?.displayName || name,
      name,
      description: p.spec?.description,
      namespace: p.metadata.namespace,
      tags: p.spec?.tags,
    }),
    created_at: timestamp(p.metadata.creationTimestamp),
  };
}
export function pipelineRows(p: Frozen<Pipeline>): Statement[] {
  if (p.metadata.deletionTimestamp) return forgetPipeline(p.metadata.uid!);
  const row = { pipeline_id: p.metadata.uid!, ...namedRow(p, apiNameOf(p), p.spec), json: JSON.stringify(pipelineMessageOf(p)) };
  return [upsert('pipeline_list', 'pipeline_id', row, 'WHERE excluded.version >= pipeline_list.version')];
}
export function forgetPipeline(pipelineId: string): Statement[] {
  return ['pipeline_list', 'pipeline_version_list'].map(table => ({
    sql: `DELETE FROM ${table} WHERE pipeline_id = ?`,
    params: [pipelineId],
  }));
}

/** Without the spec, which is kept by content. */
export function versionMessageOf(v: Frozen<PipelineVersion>): Record<string, unknown> {
  const name = apiNameOf(v, v.spec?.versionName);
  return {
    ...compact({
      pipeline_id: pipelineIdOf(v),
      pipeline_version_id: v.metadata.uid,
      display_name: v.spec?.displayName || name,
      name,
      description: v.spec?.description,
      code_source_url: v.spec?.codeSourceURL,
      package_url: v.spec?.pipelineSpecURI ? { pipeline_url: v.spec.pipelineSpecURI } : undefined,
      tags: v.spec?.tags,
    }),
    created_at: timestamp(v.metadata.creationTimestamp),
  };
}
export function versionRows(v: Frozen<PipelineVersion>): Statement[] {
  const pipelineId = pipelineIdOf(v);
  if (v.metadata.deletionTimestamp || !pipelineId) return forgetVersion(v.metadata.uid!);
  const text = v.spec?.pipelineSpec === undefined ? undefined : specText(v.spec);
  const row = {
    pipeline_version_id: v.metadata.uid!,
    pipeline_id: pipelineId,
    ...namedRow(v, apiNameOf(v, v.spec?.versionName), v.spec),
    json: JSON.stringify(versionMessageOf(v)),
    spec_sha256: text?.sha256 ?? null,
  };
  return [
    ...keepSpec(text),
    upsert('pipeline_version_list', 'pipeline_version_id', row, 'WHERE excluded.version >= pipeline_version_list.version'),
  ];
}
export function forgetVersion(versionId: string): Statement[] {
  return [{ sql: 'DELETE FROM pipeline_version_list WHERE pipeline_version_id = ?', params: [versionId] }];
}

/** `pipeline_spec` of the API: the bare spec, or with the platform's beside it. */
export function apiSpecOf(spec: { readonly pipelineSpec?: unknown; readonly platformSpec?: unknown }): unknown {
  const { pipelineSpec, platformSpec } = spec;
  return isObject(platformSpec) && Object.keys(platformSpec).length > 0
    ? { pipeline_spec: pipelineSpec, platform_spec: platformSpec }
    : pipelineSpec;
}

function pipelineIdOf(v: Frozen<PipelineVersion>): string | undefined {
  return v.metadata.ownerReferences?.find(o => o.kind === 'Pipeline')?.uid;
}
type SpecText = { sha256: string; json: string };
function specText(spec: { readonly pipelineSpec?: unknown; readonly platformSpec?: unknown }): SpecText {
  const json = JSON.stringify(apiSpecOf(spec));
  return { sha256: sha256Hex(json), json };
}
function keepSpec(text: SpecText | undefined): Statement[] {
  if (!text) return [];
  return [
    {
      sql: 'INSERT INTO pipeline_spec_text (sha256, json) VALUES (?, ?) ON CONFLICT DO NOTHING',
      params: [text.sha256, text.json],
    },
  ];
}
type Described = { displayName?: string; description?: string; tags?: Readonly<Record<string, string>> };
function namedRow(o: Frozen<Obj>, name: string, spec: Described | undefined) {
  return {
    namespace: o.metadata.namespace!,
    object_name: o.metadata.name,
    name,
    display_name: spec?.displayName || name,
    description: spec?.description ?? '',
    created_at: unixSeconds(o.metadata.creationTimestamp),
    tags: JSON.stringify(spec?.tags ?? {}),
    version: Number(o.metadata.resourceVersion),
  };
}
function upsert(table: string, key: string, row: Record<string, SqlValue>, when: string): Statement {
  const columns = Object.keys(row);
  const updates = columns.filter(c => c !== key).map(c => `${c} = excluded.${c}`);
  return {
    sql: `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
          ON CONFLICT (${key}) DO UPDATE SET ${updates.join(', ')} ${when}`,
    params: Object.values(row),
  };
}
