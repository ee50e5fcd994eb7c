import type { Gvk, Schema } from '../../kube/index.ts';

/** A served resource, as the documents need it. */
export type OpenApiResource = {
  plural: string;
  kind: string;
  namespaced: boolean;
  /** `get list watch create update patch delete deletecollection`. */
  verbs: readonly string[];
  subresources?: readonly { name: string; gvk: Gvk; verbs: readonly string[] }[];
  /** For custom resources: the schema of the version. Built-in kinds have theirs from the table. */
  schema?: Schema;
};
