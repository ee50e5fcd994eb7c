export type Confusion = { labels: string[]; rows: number[][] };
export type RocPoint = { fpr: number; tpr: number; threshold: number };
type Meta = Record<string, unknown>;
const object = (value: unknown): Meta => (value !== null && typeof value === 'object' ? (value as Meta) : {});
/** KFP stores the lists either bare or inside `{list: …}` / `{struct: …}` by the client's age. */
function unwrap(value: unknown): unknown {
  const o = object(value);
  return 'list' in o ? o['list'] : 'struct' in o ? o['struct'] : value;
}
/** The confusion matrix of a ClassificationMetrics artifact. @source kfp.dsl.ClassificationMetrics.log_confusion_matrix */
export function confusionOf(metadata: Meta | undefined): Confusion | undefined {
  const matrix = object(unwrap(metadata?.['confusionMatrix']));
  const specs = matrix['annotationSpecs'];
  const rows = matrix['rows'];
  if (!Array.isArray(specs) || !Array.isArray(rows)) return undefined;
  return {
    labels: specs.map(s => String(object(s)['displayName'] ?? '')),
    rows: rows.map(r => (object(r)['row'] as number[] | undefined)?.map(Number) ?? []),
  };
}
/** The ROC curve, from (0, 0) on. @source kfp.dsl.ClassificationMetrics.log_roc_curve */
export function rocOf(metadata: Meta | undefined): RocPoint[] | undefined {
  const list = unwrap(metadata?.['confidenceMetrics']);
  if (!Array.isArray(list) || list.length < 2) return undefined;
  return list
    .map(object)
    .map(p => ({
      fpr: Number(p['falsePositiveRate'] ?? 0),
      tpr: Number(p['recall'] ?? 0),
      threshold: Number(p['confidenceThreshold'] ?? 0),
    }))
    .sort((a, b) => a.fpr - b.fpr || a.tpr - b.tpr);
}
/** Area under the curve by trapezoids. */
export function areaUnder(points: readonly RocPoint[]): number {
  return points.slice(1).reduce((sum, p, i) => sum + ((p.fpr - points[i]!.fpr) * (p.tpr + points[i]!.tpr)) / 2, 0);
}
