/** What `kubectl explain` says about kinds and fields users meet first: short, our own words. */
const OBJECT: Record<string, string> = {
  apiVersion: 'Group and version of the schema this object is written in.',
  kind: 'Name of the schema this object is written in.',
  metadata: 'Name, namespace, labels, annotations, owners and what the server keeps about the object.',
  spec: 'The state that is asked for.',
  status: 'The state as last observed; written by controllers.',
  items: 'The objects of the list.',
};

const KINDS: Record<string, string> = {
  'core.v1.Pod': 'One or more containers that run together on one node and share network and volumes.',
  'core.v1.Service': 'A stable name and address in front of the Pods that a selector picks.',
  'core.v1.ConfigMap': 'Configuration as key-value pairs, for Pods to read as files or variables.',
  'core.v1.Secret': 'Confidential data such as tokens and keys, up to 1 MiB.',
  'core.v1.Namespace': 'A scope for names, access rules and quotas.',
  'core.v1.Node': 'A machine that runs Pods.',
  'core.v1.ServiceAccount': 'An identity for the processes in a Pod.',
  'core.v1.PersistentVolume': 'A piece of storage that outlives Pods.',
  'core.v1.PersistentVolumeClaim': 'A request for storage by a user.',
  'core.v1.Event': 'A report that something happened to an object.',
  'core.v1.Endpoints': 'The addresses behind a Service (older form of EndpointSlice).',
  'core.v1.LimitRange': 'Defaults and bounds for resources of containers, Pods and claims in a namespace.',
  'core.v1.ResourceQuota': 'Limits on the total use of resources in a namespace.',
  'apps.v1.Deployment': 'Keeps a number of identical Pods running and rolls out changes to them.',
  'apps.v1.ReplicaSet': 'Keeps a number of identical Pods running.',
  'apps.v1.StatefulSet': 'Pods with stable names and storage of their own.',
  'apps.v1.DaemonSet': 'One Pod on every node.',
  'batch.v1.Job': 'Runs Pods until a number of them have succeeded.',
  'batch.v1.CronJob': 'Creates Jobs on a schedule.',
  'autoscaling.v2.HorizontalPodAutoscaler': 'Changes the number of replicas by measured load.',
  'networking.v1.Ingress': 'Routes HTTP from outside to Services.',
  'networking.v1.NetworkPolicy': 'Says which traffic may reach Pods.',
  'rbac.v1.Role': 'Permissions within one namespace.',
  'rbac.v1.ClusterRole': 'Permissions in the whole cluster, or to be bound in any namespace.',
  'rbac.v1.RoleBinding': 'Gives the permissions of a role to users, groups and service accounts in a namespace.',
  'rbac.v1.ClusterRoleBinding': 'Gives the permissions of a cluster role to users, groups and service accounts everywhere.',
  'coordination.v1.Lease': 'A lock with an owner and a time to live.',
  'apiextensions.v1.CustomResourceDefinition': 'Adds a kind of object to the API.',
};

const FIELDS: Record<string, Record<string, string>> = {
  'core.v1.PodSpec': {
    activeDeadlineSeconds: 'Seconds after which a running Pod is ended as failed.',
    affinity: 'Rules on which nodes, and near which Pods, the Pod may run.',
    containers: 'The containers of the Pod; at least one. Cannot be changed later.',
    initContainers: 'Containers that run in order, each to its end, before the others start.',
    nodeName: 'The node the Pod runs on; set by the scheduler.',
    nodeSelector: 'Labels a node must have to run the Pod.',
    restartPolicy: 'When containers are started again: Always, OnFailure or Never.',
    serviceAccountName: 'The identity the Pod runs as.',
    terminationGracePeriodSeconds: 'Seconds between the signal to stop and the kill.',
    tolerations: 'Taints of nodes that the Pod accepts.',
    volumes: 'Storage that containers can mount.',
  },
  'core.v1.Container': {
    args: 'Arguments of the command; replaces those of the image.',
    command: 'The program to run; replaces the entrypoint of the image.',
    env: 'Environment variables.',
    envFrom: 'ConfigMaps and Secrets whose keys become environment variables.',
    image: 'The image to run.',
    imagePullPolicy: 'When to pull the image: Always, IfNotPresent or Never.',
    livenessProbe: 'A check that restarts the container when it fails.',
    name: 'Name of the container, unique in its Pod.',
    ports: 'Ports the container listens on; for information and for names.',
    readinessProbe: 'A check that takes the Pod out of Services when it fails.',
    resources: 'CPU, memory and other resources asked for, and their limits.',
    volumeMounts: 'Where volumes appear in the container.',
    workingDir: 'Folder in which the command starts.',
  },
  'apps.v1.DeploymentSpec': {
    minReadySeconds: 'Seconds a new Pod must be ready to count as available.',
    paused: 'Whether changes of the template are held back.',
    progressDeadlineSeconds: 'Seconds without progress after which a rollout counts as failed.',
    replicas: 'How many Pods to run; 1 when not given.',
    revisionHistoryLimit: 'How many old ReplicaSets to keep for going back.',
    selector: 'Picks the Pods of this Deployment; must match the labels of the template.',
    strategy: 'How old Pods are replaced by new ones.',
    template: 'What the Pods are made from.',
  },
  'batch.v1.JobSpec': {
    activeDeadlineSeconds: 'Seconds after which the Job is ended as failed.',
    backoffLimit: 'How many failures are retried.',
    completionMode: 'NonIndexed, or Indexed: each Pod has a number.',
    completions: 'How many Pods must succeed.',
    parallelism: 'How many Pods run at a time.',
    suspend: 'Whether the Job holds back its Pods.',
    template: 'What the Pods are made from.',
    ttlSecondsAfterFinished: 'Seconds after which a finished Job is deleted.',
  },
  'core.v1.ServiceSpec': {
    clusterIP: 'The address of the Service; None for one without.',
    ports: 'The ports the Service listens on.',
    selector: 'Labels of the Pods behind the Service.',
    sessionAffinity: 'ClientIP keeps a client on one Pod; None does not.',
    type: 'ClusterIP, NodePort, LoadBalancer or ExternalName.',
  },
  'core.v1.ConfigMap': {
    binaryData: 'Bytes by key, in base64.',
    data: 'Text by key.',
    immutable: 'Whether the data can no longer be changed.',
  },
  'core.v1.Secret': {
    data: 'Bytes by key, in base64.',
    immutable: 'Whether the data can no longer be changed.',
    stringData: 'Text by key, for writing only; merged into data.',
    type: 'What the Secret is for.',
  },
};

/** A sentence about a definition or one of its fields, by the definition's short name; undefined when there is none. */
export function describe(name: string, field?: string): string | undefined {
  if (field === undefined) return KINDS[name];
  const own = FIELDS[name];
  if (own && Object.hasOwn(own, field)) return own[field];
  return (KINDS[name] || name === 'object') && Object.hasOwn(OBJECT, field) ? OBJECT[field] : undefined;
}
