import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { ArrowRight, Folder, Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useParams, useSetParams } from '../app/search.ts';
import { sessionQuery } from '../data/session.ts';
import { Keys } from '../parts/button.tsx';
import { copyText } from '../parts/copy.tsx';
import { Modal } from '../parts/overlay.tsx';
import { StateMark } from '../parts/state.tsx';
import { notify } from '../parts/toast.ts';
import { type Found, findObjects, isMatch, searchObjects } from './objects.ts';
import './palette.css';
import { keysOf } from './keys.ts';
import { type Act, currentActs } from './registry.ts';

/** Search and do: acts of this page, objects, pages. Prefixes: `>` act, `@` namespace, `#` id, `:` query. */
export function Palette({ onClose }: { onClose(): void }) {
  const [text, setText] = useState('');
  const [acts] = useState(currentActs);
  const [chosen, setChosen] = useState('');
  const { ns } = useParams();
  const set = useSetParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { data: session } = useQuery(sessionQuery);
  const prefix = /^[>@#:]/.exec(text)?.[0];
  const words = text.slice(prefix ? 1 : 0).trim();
  const cached = prefix && prefix !== '#' ? [] : findObjects(client, words);
  const known = new Set(cached.map(f => f.link));
  const remote = useQuery({
    queryKey: ['palette', words, ns ?? ''],
    queryFn: ({ signal }) => searchObjects(words, ns, signal),
    enabled: words.length > 1 && (!prefix || prefix === '#'),
    staleTime: 5000,
  });
  const objects = [...cached, ...(remote.data ?? []).filter(f => !known.has(f.link))].slice(0, 9);
  const go = (run: () => void): void => {
    onClose();
    run();
  };
  // Acts on a selection lead whatever is typed: it was made in order to do something with it.
  const listed = acts.filter(a => !a.quiet && (a.group?.endsWith(' selected') || isMatch(words, `${a.label} ${a.hint ?? ''}`)));
  const pageActs = listed.filter(a => a.group !== 'Pages' && a.group !== 'Settings' && a.group !== 'Everywhere');
  const wide = prefix === '>' || words !== '';
  const pages = listed.filter(a => (a.group === 'Pages' ? prefix !== '>' : wide && !pageActs.includes(a)));
  const values = [...pageActs.map(a => `act ${a.id}`), ...objects.map(f => `object ${f.link}`), ...pages.map(a => `act ${a.id}`)];
  // Results that arrive later must not leave the cursor on a row that is gone.
  const gone = !prefix && !values.includes(chosen);
  const first = values[0] ?? '';
  useEffect(() => {
    if (gone) setChosen(first);
  }, [gone, first]);
  useCopyCommand(chosen, acts, objects);
  return (
    <Modal label="Command palette" className="pal" onClose={onClose}>
      <Command label="Command palette" shouldFilter={false} value={chosen} onValueChange={setChosen} loop>
        <div className="pin">
          <Search className="i" aria-hidden />
          <Command.Input className="ptx" value={text} onValueChange={setText} placeholder="Search or run a command" />
          {remote.isFetching && <span className="dim t12">searching</span>}
        </div>
        <Command.List className="plist">
          <Command.Empty className="pempty">Nothing is called “{words}” here.</Command.Empty>
          {prefix === '@' && (
            <Command.Group heading="Namespaces">
              {['', ...(session?.namespaces ?? [])]
                .filter(n => isMatch(words, n || 'All namespaces'))
                .map(n => (
                  <Command.Item key={n} value={`ns ${n}`} onSelect={() => go(() => set({ ns: n || undefined }, { push: true }))}>
                    <Folder className="i" aria-hidden />
                    <span className="b5">{n || 'All namespaces'}</span>
                  </Command.Item>
                ))}
            </Command.Group>
          )}
          {prefix === ':' && (
            <Command.Group heading="Query">
              <Command.Item
                value={`query ${words}`}
                onSelect={() => go(() => void navigate({ to: '/runs', search: { ...(ns ? { ns } : {}), q: words } }))}
              >
                <ArrowRight className="i" aria-hidden />
                <span className="b5">Runs: {words || '…'}</span>
                <span className="mono dim pcmd">skiff list runs '{words}'</span>
              </Command.Item>
            </Command.Group>
          )}
          {(!prefix || prefix === '>') &&
            groupsOf(pageActs).map(([group, list]) => <ActGroup key={group} heading={group} acts={list} go={go} />)}
          {objects.length > 0 && (
            <Command.Group heading={words ? 'Objects' : 'Recent'}>
              {objects.map(f => (
                <ObjectItem
                  key={f.link}
                  found={f}
                  onPick={() => go(() => void navigate({ to: f.link, search: ns ? { ns } : {} }))}
                />
              ))}
            </Command.Group>
          )}
          {(!prefix || prefix === '>') && pages.length > 0 && <ActGroup heading="Pages and acts" acts={pages} go={go} />}
        </Command.List>
      </Command>
      <div className="pft" aria-hidden>
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> move
        </span>
        <span>
          <kbd>Enter</kbd> open
        </span>
        <span>
          <kbd>Ctrl</kbd>
          <kbd>C</kbd> copy command
        </span>
        <span className="grow" />
        <span className="mono">&gt; act &nbsp; @ namespace &nbsp; # id &nbsp; : query</span>
      </div>
    </Modal>
  );
}
const groupsOf = (acts: readonly Act[]): [string, Act[]][] => [...Map.groupBy(acts, a => a.group ?? 'This page')];
function ActGroup({ heading, acts, go }: { heading: string; acts: readonly Act[]; go(run: () => void): void }) {
  return (
    <Command.Group heading={heading}>
      {acts.map(act => {
        const Icon = act.icon ?? ArrowRight;
        const keys = keysOf(act)[0];
        return (
          <Command.Item key={act.id} value={`act ${act.id}`} onSelect={() => go(act.run)}>
            <Icon className="i" aria-hidden />
            <span className="b5">{act.label}</span>
            <span className="dim t12 grow cut">{act.hint}</span>
            {act.command ? (
              <span className="mono dim pcmd">{act.command}</span>
            ) : (
              keys && <span className="caps">{<Keys keys={keys} />}</span>
            )}
          </Command.Item>
        );
      })}
    </Command.Group>
  );
}
function ObjectItem({ found: f, onPick }: { found: Found; onPick(): void }) {
  return (
    <Command.Item value={`object ${f.link}`} onSelect={onPick}>
      <f.icon className="i" aria-hidden />
      <span className="b5">{f.name}</span>
      <span className="dim t12 grow cut">{f.about}</span>
      {f.state && <StateMark state={f.state} />}
      <span className="mono dim pcmd">{f.command}</span>
    </Command.Item>
  );
}
/** Ctrl+C copies the command of the row under the cursor, unless text is selected. */
function useCopyCommand(chosen: string, acts: readonly Act[], objects: readonly Found[]): void {
  useEffect(() => {
    const onCopy = (event: ClipboardEvent): void => {
      const input = document.activeElement as HTMLInputElement | null;
      if (input?.selectionStart !== input?.selectionEnd) return;
      const command =
        acts.find(a => `act ${a.id}` === chosen)?.command ?? objects.find(f => `object ${f.link}` === chosen)?.command;
      if (!command) return;
      event.preventDefault();
      void copyText(command).then(() => notify('Copied:', command));
    };
    document.addEventListener('copy', onCopy);
    return () => document.removeEventListener('copy', onCopy);
  }, [chosen, acts, objects]);
}
