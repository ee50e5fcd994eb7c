import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { FileUp, Upload } from 'lucide-react';
import { type DragEvent, type FormEvent, useState } from 'react';
import { keepNamespace } from '../../app/search.ts';
import { type Pipeline, uploadPipeline, uploadVersion } from '../../data/kfp.ts';
import { sizeText } from '../../lib/quantity.ts';
import { Button } from '../../parts/button.tsx';
import { CommandLine } from '../../parts/copy.tsx';
import { OverlayHead, Sheet } from '../../parts/overlay.tsx';
import { notify } from '../../parts/toast.ts';

const limitBytes = 32 * 2 ** 20;
/** Uploads a compiled pipeline as a new pipeline, or as a version of one that is there. */
export function UploadSheet({
  pipelines,
  namespace,
  target,
  onClose,
}: {
  pipelines: readonly Pipeline[];
  namespace: string | undefined;
  target: string | undefined;
  onClose(): void;
}) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [file, setFile] = useState<File>();
  const [into, setInto] = useState(target ?? '');
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [over, setOver] = useState(false);
  const upload = useMutation({
    meta: { silent: true },
    mutationFn: async () => {
      const about = description ? { description } : {};
      if (into) return (await uploadVersion(file!, { name, pipelineid: into, ...about })).pipeline_id;
      return (await uploadPipeline(file!, { name, ...about, ...(namespace ? { namespace } : {}) })).pipeline_id;
    },
    onSuccess: pipelineId => {
      void client.invalidateQueries();
      notify('Uploaded', name);
      void navigate({ to: '/pipelines/$pipelineId', params: { pipelineId }, search: keepNamespace });
    },
  });
  const take = (next: File | undefined): void => {
    if (!next) return;
    setFile(next);
    if (!name) setName(next.name.replace(/\.(ya?ml|json|zip|tar\.gz|tgz)$/i, ''));
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (ready) upload.mutate();
  };
  const tooBig = (file?.size ?? 0) > limitBytes;
  const ready = file !== undefined && name.trim() !== '' && !tooBig;
  return (
    <Sheet label="Upload pipeline" onClose={onClose}>
      <OverlayHead title={into ? 'Upload a version' : 'Upload a pipeline'} onClose={onClose} />
      <form
        id="upload"
        className="obody"
        onSubmit={submit}
        onKeyDown={e => e.key === 'Enter' && (e.ctrlKey || e.metaKey) && submit(e)}
      >
        <label
          className={over ? 'dropzone over' : 'dropzone'}
          onDragOver={e => {
            e.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <FileUp className="i i16" aria-hidden />
          <span className="b5">{file ? file.name : 'Choose a file, or drop it here'}</span>
          <span className="dim t12">{file ? sizeText(file.size) : '.yaml, .json, .zip or .tar.gz, up to 32 MiB'}</span>
          <input
            className="vh"
            type="file"
            accept=".yaml,.yml,.json,.zip,.tar.gz,.tgz"
            onChange={e => take(e.target.files?.[0])}
          />
        </label>
        {tooBig && <p className="c-fail t12">The file has {sizeText(file!.size)}; 32 MiB is the limit.</p>}
        <label className="field">
          <span>As</span>
          <select className="input" value={into} onChange={e => setInto(e.target.value)}>
            <option value="">a new pipeline</option>
            {pipelines.map(p => (
              <option key={p.pipeline_id} value={p.pipeline_id}>
                a version of {p.display_name}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>{into ? 'Version name' : 'Name'}</span>
          <input className="input" value={name} maxLength={into ? 127 : 128} onChange={e => setName(e.target.value)} />
        </label>
        <label className="field">
          <span>
            Description <span className="dim">optional</span>
          </span>
          <input className="input" value={description} onChange={e => setDescription(e.target.value)} />
        </label>
      </form>
      <div className="ofoot">
        <Button
          form="upload"
          type="submit"
          kind="primary"
          size="large"
          icon={Upload}
          keys="ctrl+enter"
          busy={upload.isPending}
          disabled={!ready}
        >
          Upload
        </Button>
        <Button kind="ghost" size="large" onClick={onClose}>
          Cancel
        </Button>
      </div>
      <div className="cmdw">
        <CommandLine
          command={`skiff upload ${file?.name ?? 'pipeline.yaml'}${name ? ` --name ${name}` : ''}${into ? ' --version' : ''}`}
        />
      </div>
    </Sheet>
  );
}
