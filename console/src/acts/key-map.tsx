import { useState } from 'react';
import { Checkbox, Keys } from '../parts/button.tsx';
import { Modal, OverlayHead } from '../parts/overlay.tsx';
import { singleKeys } from './keyboard.ts';
import { keysOf } from './keys.ts';
import { type Act, useAllActs } from './registry.ts';

/** The keys of this page, from the same list that performs them. */
export function KeyMap({ onClose }: { onClose(): void }) {
  const acts = useAllActs().filter(act => act.keys !== undefined);
  const [on, setOn] = useState(singleKeys.on);
  const groups = Map.groupBy(acts, act => act.group ?? 'This page');
  return (
    <Modal label="Keys of this page" onClose={onClose} className="keymap">
      <OverlayHead title="Keys of this page" onClose={onClose} />
      <div className="kmcols">
        {[...groups].map(([group, list]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {list.map(act => (
                <KeyRow key={act.id} act={act} />
              ))}
            </dl>
          </section>
        ))}
      </div>
      <div className="foot">
        <Checkbox
          label="Single-letter keys"
          checked={on}
          onChange={checked => {
            singleKeys.set(checked);
            setOn(checked);
          }}
        />
      </div>
    </Modal>
  );
}
function KeyRow({ act }: { act: Act }) {
  return (
    <div>
      <dt>
        {keysOf(act)
          .slice(0, 2)
          .map(keys => (
            <span key={keys} className="caps">
              <Keys keys={keys} />
            </span>
          ))}
      </dt>
      <dd>{act.label}</dd>
    </div>
  );
}
