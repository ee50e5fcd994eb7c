import type { Obj } from '../../kube/index.ts';

export type ClaimSpec = {
  accessModes?: string[];
  resources?: { requests?: Record<string, string> };
  storageClassName?: string;
  volumeName?: string;
  volumeMode?: string;
  selector?: { matchLabels?: Record<string, string> };
};
export type ClaimStatus = { phase?: 'Pending' | 'Bound' | 'Lost'; accessModes?: string[]; capacity?: Record<string, string> };
export type Claim = Obj<ClaimSpec, ClaimStatus>;

export type ClaimRef = { apiVersion?: string; kind?: string; namespace?: string; name?: string; uid?: string };
export type VolumeSpec = {
  accessModes?: string[];
  capacity?: Record<string, string>;
  storageClassName?: string;
  persistentVolumeReclaimPolicy?: string;
  volumeMode?: string;
  claimRef?: ClaimRef;
  hostPath?: { path: string; type?: string };
};
export type VolumeStatus = { phase?: string; message?: string; lastPhaseTransitionTime?: string };
export type Volume = Obj<VolumeSpec, VolumeStatus>;

export type StorageClass = Obj & { provisioner: string; reclaimPolicy?: string };
