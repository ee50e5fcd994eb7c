import type { ControllerDef, Performer, Plan } from '../../kube/index.ts';
import { isReason, refOf } from '../../kube/index.ts';
import { PROVISIONER } from './claim.ts';
import type { Claim, Volume } from './volume-object.ts';

const REMOVE = 'volume.remove';

/** Follows the claim of a volume: Available, Bound, Released; a released folder of ours goes with its volume. */
export const volumes: ControllerDef<Volume> = {
  name: 'persistent-volume',
  for: 'v1/PersistentVolume',
  reads: [
    {
      gvk: 'v1/PersistentVolumeClaim',
      enqueue: claim => {
        const name = (claim as unknown as Claim).spec?.volumeName;
        return name ? [{ name }] : [];
      },
    },
  ],
  writes: [{ gvk: 'v1/PersistentVolume', verbs: ['delete'] }],
  plan({ object: volume, find }): Plan {
    const { claimRef, hostPath, persistentVolumeReclaimPolicy: policy } = volume.spec ?? {};
    const isOurs = volume.metadata.annotations?.['pv.kubernetes.io/provisioned-by'] === PROVISIONER;
    if (volume.metadata.deletionTimestamp) return {};
    if (!claimRef?.uid) return { status: { ...volume.status, phase: 'Available' } };
    const ref = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      namespace: claimRef.namespace ?? '',
      name: claimRef.name ?? '',
    };
    const [claim] = find<Claim>('v1/PersistentVolumeClaim', { ...ref, uid: claimRef.uid });
    if (claim) return { status: { ...volume.status, phase: 'Bound' } };
    const status = { ...volume.status, phase: 'Released' };
    if (policy !== 'Delete' || !isOurs || !hostPath) return { status };
    // The claim is seen to be gone by a plan of its own first: a volume is never taken back on the news of its making.
    if (volume.status?.phase !== 'Bound' && volume.status?.phase !== 'Released') return {};
    return {
      status,
      effects: [
        { name: REMOVE, id: volume.metadata.uid ?? volume.metadata.name, params: { path: hostPath.path, volume: refOf(volume) } },
      ],
    };
  },
};

export type FolderOptions = {
  volumesFolder: string;
  /** Removes a folder with all it holds. Without it folders stay where they are. */
  removeFolder?: (path: string) => Promise<void>;
};

/** Removes the folder of a volume, then the volume. Refuses paths outside the folder of volumes. */
export function volumeRemover(o: FolderOptions): Performer<{ path: string; volume: ReturnType<typeof refOf> }> {
  return {
    name: REMOVE,
    order: 'afterWrites',
    async perform({ path, volume }, { client }) {
      const isInside = path.startsWith(`${o.volumesFolder}/`) && !path.split('/').includes('..');
      if (!isInside) throw new Error(`not a folder of a volume: ${path}`);
      await o.removeFolder?.(path);
      const { uid, ...ref } = volume;
      try {
        await client.write({ verb: 'delete', ref, ...(uid ? { uid } : {}) });
      } catch (e) {
        if (!isReason(e, 'NotFound') && !isReason(e, 'Conflict')) throw e;
      }
    },
  };
}
