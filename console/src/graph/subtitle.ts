import type { NodeView } from '../../../src/pipelines/api/view.ts';
import { clockText, parseTime } from '../lib/time.ts';
import type { Forecast } from '../timeline/predict.ts';
import { conditionText, type Drawing, type Shape } from './shape.ts';

/** The second line of a box: how long, or what it waits for. */
export function subtitleOf(shape: Shape, drawing: Drawing, predicted: Forecast, now: number): string {
  const { node } = shape;
  const start = parseTime(node.startedAt);
  const end = parseTime(node.finishedAt);
  if (node.state === 'Cached') return 'cached';
  if (node.state === 'Skipped')
    return shape.conditions.length ? `skipped, ${conditionText(shape.conditions.at(-1)!).slice(3)}` : 'skipped';
  if (node.state === 'Failed') return node.message ?? exitOf(node) ?? 'failed';
  if (start !== undefined) {
    const took = clockText((end ?? now) - start);
    return node.message && end !== undefined ? `${took}, ${node.message}` : took;
  }
  if (shape.conditions.length) return conditionText(shape.conditions.at(-1)!);
  const loop = drawing.shapes.find(s => s.kind === 'loop' && drawing.links.some(l => l.from === s.id && l.to === shape.id));
  if (loop?.kind === 'loop' && loop.cells.length) return `needs all ${loop.cells.length}`;
  const guess = predicted.get(node.id);
  if (guess) return `~${clockText(guess.end - guess.start)}`;
  return 'waiting';
}
function exitOf(node: NodeView): string | undefined {
  const code = node.attempts.at(-1)?.exitCode;
  return code === undefined ? undefined : `exit code ${code}`;
}
