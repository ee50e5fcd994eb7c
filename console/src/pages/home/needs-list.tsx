import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { RotateCcw } from 'lucide-react';
import { keepNamespace, useSetParams } from '../../app/search.ts';
import { actOnRun } from '../../data/kfp.ts';
import { runViewQuery } from '../../data/view.ts';
import { useNow } from '../../lib/clock.ts';
import { agoText, roughText } from '../../lib/time.ts';
import { Button, buttonClass } from '../../parts/button.tsx';
import { StateMark } from '../../parts/state.tsx';
import { notify, notifyError } from '../../parts/toast.ts';
import { failedNotice } from '../run/progress.ts';
import type { Need } from './needs.ts';

const most = 4;
/** Two lines and two acts for each thing that waits for a person. */
export function Needs({ needs }: { needs: readonly Need[] }) {
  const set = useSetParams();
  const now = useNow();
  return (
    <section className="panel" aria-label="Needs you">
      <ul className="need">
        {needs.slice(0, most).map(need => (
          <li key={need.id}>
            <span className="w">
              <StateMark state={need.state} word={need.word} />
            </span>
            <div className="grow">
              <div className="row">
                <Link className="b6 cut" to={need.link} search={keepNamespace}>
                  {need.name}
                </Link>
                <span className="dim t12 nowrap">
                  {need.kind}, {need.kind === 'Run' ? agoText(need.at, now) : roughText(now - need.at)}
                </span>
              </div>
              {need.text === undefined ? <RunReason runId={need.id} /> : <Reason text={need.text} />}
            </div>
            <div className="row a">
              <Button size="small" onClick={() => set({ why: need.why })}>
                Why
              </Button>
              {need.kind === 'Run' && need.word === 'Failed' ? (
                <Button
                  size="small"
                  icon={RotateCcw}
                  onClick={() => void actOnRun(need.id, 'retry').then(() => notify('Retrying', need.name), notifyError)}
                >
                  Retry failed
                </Button>
              ) : (
                <Link className={buttonClass('plain', 'small')} to={need.link} search={keepNamespace}>
                  Open
                </Link>
              )}
            </div>
          </li>
        ))}
      </ul>
      {needs.length > most && (
        <div className="foot">
          <Link className="link" to="/runs" search={s => ({ ...keepNamespace(s), q: 'status:failed started:<24h' })}>
            {needs.length - most} more
          </Link>
        </div>
      )}
    </section>
  );
}
/** Why a run that goes on has failed tasks: its view knows. */
function RunReason({ runId }: { runId: string }) {
  const { data } = useQuery(runViewQuery(runId));
  return <Reason text={data?.why?.sentence ?? (data && failedNotice(data)) ?? ' '} />;
}
function Reason({ text }: { text: string }) {
  return (
    <p className="sub" title={text}>
      {text}
    </p>
  );
}
