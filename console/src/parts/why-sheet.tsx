import { useQuery } from '@tanstack/react-query';
import {
  Box,
  CircleX,
  Cpu,
  FileText,
  KeyRound,
  Layers2,
  Link as LinkIcon,
  type LucideIcon,
  RadioTower,
  Route,
  X,
  Zap,
} from 'lucide-react';
import { useState } from 'react';
import type { WhyStep } from '../../../src/kube/why.ts';
import { parseWhy, whyQuery } from '../data/view.ts';
import { parseTime, timeOfDay } from '../lib/time.ts';
import { Button, IconButton } from './button.tsx';
import { CommandLine, CopyButton, copyText } from './copy.tsx';
import { Sheet } from './overlay.tsx';
import { Problem } from './problem.tsx';
import { SkeletonRows } from './skeleton.tsx';
import { notify } from './toast.ts';

const kindIcons: Record<string, LucideIcon> = {
  Run: Route,
  Pod: Box,
  Log: FileText,
  InferenceService: RadioTower,
  Deployment: Layers2,
  ServiceAccount: KeyRound,
  Secret: KeyRound,
  Event: Zap,
  Task: Cpu,
};
const numbers = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];

/** Why an object is not as asked: sentence, chain from symptom to cause, remedy. Open while `?why=` is in the URL. */
export function WhySheet({ subject, onClose }: { subject: string; onClose(): void }) {
  const { data, error, isPending, refetch } = useQuery(whyQuery(subject));
  const { kind, namespace, name } = parseWhy(subject);
  const command = `skiff why ${kind.toLowerCase()}/${name}${namespace ? ` -n ${namespace}` : ''}`;
  return (
    <Sheet label={`Why ${name}`} onClose={onClose} className="wy">
      <div className="wh">
        <div className="row">
          <span className="st fail">
            <CircleX className="i" aria-hidden />
            {kind}
          </span>
          <span className="dim cut">{name}</span>
          <span className="grow" />
          <CopyButton
            small={false}
            text={data ? `${data.sentence}\n${data.chain.map(s => `${s.kind} ${s.name}: ${s.what}`).join('\n')}` : command}
            label="Copy the answer"
          />
          <IconButton icon={X} label="Close" onClick={onClose} />
        </div>
        {data && (
          <>
            <h2>{data.sentence}</h2>
            <p className="sub">
              {numbers[data.chain.length] ?? data.chain.length} step{data.chain.length === 1 ? '' : 's'} from symptom to cause.
              Each names the record it comes from.
            </p>
          </>
        )}
      </div>
      <div className="wb">
        {isPending && <SkeletonRows rows={4} what={`the reason of ${kind} ${name}`} />}
        {error && <Problem error={error} what={`the reason of ${kind} ${name}`} retry={() => void refetch()} />}
        {!isPending && !error && !data && <p className="sub">Nothing is wrong with {name}: it is as it was asked to be.</p>}
        {data && (
          <ol className="wc">
            {data.chain.map((step, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the order is the identity of a step
              <Step key={i} step={step} cause={i === data.chain.length - 1} />
            ))}
          </ol>
        )}
        {data?.logTail?.length ? (
          <section className="fixp">
            <div className="row">
              <span className="b6">Last lines</span>
              <span className="dim t12">of the log that decides</span>
            </div>
            <pre className="code">{data.logTail.join('\n')}</pre>
          </section>
        ) : null}
        {data?.remedy && <Remedy label={data.remedy.label} command={data.remedy.command} />}
      </div>
      <div className="cmdw">
        <CommandLine command={command} />
      </div>
    </Sheet>
  );
}
function Step({ step, cause }: { step: WhyStep; cause: boolean }) {
  const Icon = kindIcons[step.kind] ?? (step.kind.startsWith('Log') ? FileText : LinkIcon);
  const at = parseTime(step.at);
  return (
    <li className={cause ? 'cause' : undefined}>
      <span className="cic">
        <Icon className="i" aria-hidden />
      </span>
      <div className="grow">
        <div className="row">
          <span className="dim t12">{step.kind}</span>
          {step.link ? (
            <a className="b5 cut link" href={step.link}>
              {step.name}
            </a>
          ) : (
            <span className="b5 cut">{step.name}</span>
          )}
          <span className="grow" />
          {at && <span className="dim t12 nowrap">{timeOfDay(at)}</span>}
        </div>
        <p>{/^Log/.test(step.kind) ? <span className="mono logl">{step.what}</span> : step.what}</p>
      </div>
    </li>
  );
}
/** The remedy is a command of the CLI; the button hands it over rather than guessing what it would do. */
function Remedy({ label, command }: { label: string; command: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <section className="fixp">
      <div className="row">
        <span className="b6">Fix</span>
        <span className="dim t12">as a command</span>
      </div>
      <pre className="code cmdblock">{command}</pre>
      <div className="row">
        <Button
          kind="primary"
          size="large"
          onClick={() => {
            void copyText(command).then(() => {
              setCopied(true);
              notify('Copied:', command);
            });
          }}
        >
          {copied ? 'Copied' : `Copy: ${label}`}
        </Button>
      </div>
    </section>
  );
}
