// The pod of deploy/k3s/garim.yaml for `podman kube play`, which knows neither StatefulSets nor Secrets as files:
//
//   node test/deploy/pod.mjs GARIM.YAML GARIM.ENV
import { readFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';

const [config, env] = process.argv.slice(2).map((file) => readFileSync(file, 'utf8'));
const objects = parseAllDocuments(readFileSync(new URL('../../deploy/k3s/garim.yaml', import.meta.url), 'utf8')).map(
  (document) => document.toJS(),
);
const claim = objects.find(({ kind }) => kind === 'PersistentVolumeClaim');
const { template } = objects.find(({ kind }) => kind === 'StatefulSet').spec;
const [container] = template.spec.containers;
const map = (name, data) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

const [{ secretRef }] = container.envFrom;
container.envFrom = [{ configMapRef: secretRef }];
container.image = `localhost/${container.image}`;
// In place of the Service.
for (const port of container.ports) Object.assign(port, { hostPort: port.containerPort, hostIP: '127.0.0.1' });
const volume = template.spec.volumes.find(({ secret }) => secret);
const { secretName } = volume.secret;
volume.configMap = { name: secretName };
delete volume.secret;

const variables = Object.fromEntries(
  env
    .trim()
    .split('\n')
    .map((line) => line.split(/=(.*)/).slice(0, 2)),
);
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name: 'garim' }, spec: template.spec };
const played = [claim, map(secretName, { 'garim.yaml': config }), map(secretRef.name, variables), pod];
process.stdout.write(played.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n'));
