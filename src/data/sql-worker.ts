import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { DataError, dataFailures } from './errors.ts';
import { SqlFile } from './sql-file.ts';
import type { SqlAnswer, SqlMessage, SqlRequest, SqlWorkerData } from './sql-messages.ts';

// The ledger's thread. Everything that has arrived is one batch: the busier it is, the larger the shared commits.
function serve(port: MessagePort, { path, migrations }: SqlWorkerData): void {
  const post = (message: SqlMessage) => port.postMessage(message);
  const reply = (answers: SqlAnswer[]) => post({ answers });
  let file: SqlFile;
  try {
    file = new SqlFile(path, migrations);
  } catch (e) {
    const { code, httpStatus, message, remedy } =
      e instanceof DataError ? e : new DataError(dataFailures.badStatement(`${path}: ${String(e)}`));
    post({ failed: { code, httpStatus, message, remedy } });
    return;
  }
  port.on('message', (first: SqlRequest[]) => {
    const requests = [...first];
    for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port))
      requests.push(...(more.message as SqlRequest[]));
    // Transactions come first, so that a read sees every transaction that was asked for before it.
    const transactions = requests.filter(r => r.kind === 'transaction');
    if (transactions.length > 0) file.commit(transactions, reply);
    const answers = requests.filter(r => r.kind === 'all').map(r => ({ id: r.id, ...file.query(r.sql, r.params) }));
    if (answers.length > 0) reply(answers);
    const close = requests.find(r => r.kind === 'close');
    if (close) {
      void file.close().then(
        () => reply([{ id: close.id, ok: undefined }]),
        e => reply([{ id: close.id, failure: dataFailures.badStatement(String(e)) }]),
      );
    }
  });
  post({ opened: true });
}

serve(parentPort!, workerData as SqlWorkerData);
