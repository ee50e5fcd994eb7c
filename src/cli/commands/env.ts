import { type Command, UserError } from '../command.ts';

/** `eval "$(skiff env)"`: kubectl finds the cluster, `kfp.Client()` the API. */
export const run: Command['run'] = async c => {
  const daemon = c.home.daemon();
  if (!daemon) throw new UserError(`Skiff does not run in ${c.home.folder}. Start it with: skiff up --detach`);
  const quote = (s: string) => `'${s.replaceAll("'", `'\\''`)}'`;
  c.print(`export SKIFF_HOME=${quote(c.home.folder)}`);
  c.print(`export KUBECONFIG=${quote(c.home.kubeconfig)}`);
  c.print(`export KF_PIPELINES_ENDPOINT=http://127.0.0.1:${daemon.ports.console}`);
  c.print(`export SKIFF_TOKEN="$(cat ${quote(c.home.tokenFile)})"`);
  return 0;
};
