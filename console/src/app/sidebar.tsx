import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { sessionQuery } from '../data/session.ts';
import { useNow } from '../lib/clock.ts';
import { binaryText, countText } from '../lib/quantity.ts';
import { parseTime, uptimeText } from '../lib/time.ts';
import { type Count, useCounts } from './counts.ts';
import { activeItem, type NavItem, nav } from './nav.ts';
import { keepNamespace } from './search.ts';

export function Brand() {
  return (
    <Link className="brand" to="/" search={keepNamespace} aria-label="Skiff, home">
      <svg viewBox="0 0 24 24" aria-hidden="true" fill="currentColor">
        <path d="M11.3 2.2c5 2.7 7.9 6.3 8.7 10.6h-8.7z" />
        <path opacity=".45" d="M9.7 5.6v7.2H4.4c.7-2.8 2.5-5.2 5.3-7.2z" />
        <path d="M2 14.9c6.2 1.1 13.700 1.1 20-.5-.9 4.2-4 6.9-8.3 6.9H9.2c-3.9 0-6.500-2.400-7.200-6.400z" />
      </svg>
      <b>Skiff</b>
    </Link>
  );
}
export function Sidebar() {
  const path = useLocation({ select: l => l.pathname });
  const active = activeItem(path);
  const counts = useCounts();
  return (
    <aside className="side">
      <Brand />
      <nav className="nav" aria-label="Main">
        {nav.map(group => (
          <div key={group.label ?? 'top'}>
            {group.label && <h2>{group.label}</h2>}
            {group.items.map(item => (
              <NavLink key={item.label} item={item} active={item === active} count={item.count && counts[item.count]} />
            ))}
          </div>
        ))}
      </nav>
      <KeelFoot />
    </aside>
  );
}
function NavLink({ item, active, count }: { item: NavItem; active: boolean; count: Count | undefined }) {
  const { icon: Icon } = item;
  return (
    <Link
      to={item.to}
      search={keepNamespace}
      activeOptions={{ exact: true, includeSearch: false }}
      title={item.label}
      className={count?.bad ? 'flag' : undefined}
      aria-current={active ? 'page' : undefined}
    >
      <Icon className="i" aria-hidden />
      <span>{item.label}</span>
      {count?.bad ? (
        <span className="n bad">
          <X className="i" aria-hidden />
          {count.bad}
          <span className="vh"> failed</span>
        </span>
      ) : count?.active ? (
        <span className="n">
          {countText(count.active)}
          <span className="vh"> active</span>
        </span>
      ) : null}
    </Link>
  );
}
function KeelFoot() {
  const { data } = useQuery(sessionQuery);
  const now = useNow(false);
  if (!data) return <div className="keelfoot" />;
  const started = parseTime(data.startedAt);
  return (
    <div className="keelfoot">
      <span>
        <b>1 process</b> · {binaryText(data.memoryBytes)}
        {started && ` · up ${uptimeText(now - started)}`}
      </span>
      <span>
        {data.version} · {data.mode}
      </span>
    </div>
  );
}
