/**
 * Goal: deploy/k3s/garim.yaml is what a cluster takes: each object fits Kubernetes' own schema, what refers to another object finds it, and the
 * pod keeps within what its namespace allows ("restricted"). Method: schemas and types made from Kubernetes' OpenAPI description, and planted
 * mistakes. The schemas let unknown fields pass, as an API server does; the types, by the compiler, do not.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Service } from 'kubernetes-models/v1/Service';
import { parseAllDocuments } from 'yaml';
import { packageRoot } from '../../edge/base/paths.ts';
import { TempDir } from '../support/temp.ts';

const text = readFileSync(path.join(packageRoot, 'deploy/k3s/garim.yaml'), 'utf8');

/** The objects of a manifest by kind; throws what the schemas say of one that does not fit. */
function objectsOf(manifest: string) {
  const found = new Map<string, unknown>();
  for (const document of parseAllDocuments(manifest, { uniqueKeys: true })) {
    assert.deepEqual(document.errors, []);
    const object = document.toJS() as { kind: string };
    assert.ok(!found.has(object.kind), `${object.kind} stands there twice`);
    found.set(object.kind, object);
  }
  /** Of the class and its data the data must say what the class says: a version that the cluster no longer knows is a mistake too. */
  const take = <T extends { validate(): void; apiVersion: string }>(Kind: new (data: never) => T): T => {
    const data = found.get(Kind.name) as { apiVersion: string } | undefined;
    assert.ok(data, `no ${Kind.name}`);
    found.delete(Kind.name);
    const object = new Kind(data as never);
    assert.equal(data.apiVersion, (Kind as unknown as { apiVersion: string }).apiVersion);
    object.validate();
    return object;
  };
  const objects = {
    namespace: take(Namespace),
    claim: take(PersistentVolumeClaim),
    set: take(StatefulSet),
    service: take(Service),
    network: take(NetworkPolicy),
  };
  assert.deepEqual([...found.keys()], [], 'objects that nobody checks');
  return objects;
}

const { namespace, claim, set, service, network } = objectsOf(text);
const template = set.spec?.template;
const pod = template?.spec;
const [container, ...more] = pod?.containers ?? [];
const labels = template?.metadata?.labels;

test('the schemas notice a wrong type, a value out of range and a field that is missing', () => {
  for (const [right, wrong] of [
    ['replicas: 1', 'replicas: one'],
    ['containerPort: 8080', 'containerPort: "8080"'],
    ['readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: 1'],
    ['  selector: { matchLabels: { app: garim } }\n  template', '  template'],
    ['apps/v1', 'apps/v1beta2'],
  ] as const) {
    assert.ok(text.includes(right), right);
    assert.throws(() => objectsOf(text.replace(right, wrong)), `${wrong} was taken`);
  }
});

/** What the compiler says of a manifest whose objects are written out as literals of their types. */
function unknownFieldsOf(manifest: string): string {
  const objects = parseAllDocuments(manifest).map(
    (document) => document.toJS() as { apiVersion: string; kind: string },
  );
  const lines = objects.map(({ apiVersion, kind, ...rest }, at) => {
    const module = path.join(packageRoot, 'node_modules/kubernetes-models', apiVersion, kind);
    return `import type { I${kind} } from ${JSON.stringify(module)};\nexport const object${at}: I${kind} = ${JSON.stringify({ apiVersion, kind, ...rest })};`;
  });
  using folder = new TempDir({ 'manifest.ts': lines.join('\n') });
  const tsc = path.join(packageRoot, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--ignoreConfig', '--skipLibCheck', '--module', 'node20', '--types', ''];
  return spawnSync(process.execPath, [tsc, ...options, path.join(folder.path, 'manifest.ts')], { encoding: 'utf8' })
    .stdout;
}

test('no field is misspelt', () => {
  assert.equal(unknownFieldsOf(text), '');
  assert.match(unknownFieldsOf(text.replace('periodSeconds: 10', 'periodSecond: 10')), /periodSecond.* does not exist/);
});

test('everything is in the one namespace, and what refers to an object names one that is there', () => {
  for (const object of [claim, set, service, network])
    assert.equal(object.metadata?.namespace, namespace.metadata?.name);
  assert.deepEqual(set.spec?.selector.matchLabels, labels);
  assert.deepEqual(service.spec?.selector, labels);
  assert.deepEqual(network.spec?.podSelector?.matchLabels, labels);
  assert.equal(set.spec?.serviceName, service.metadata?.name);
  assert.deepEqual(more, []);
  const ports = container?.ports ?? [];
  assert.deepEqual(
    service.spec?.ports?.map(({ name, port }) => ({ name, containerPort: port })),
    ports,
  );
  for (const probe of [container?.readinessProbe, container?.livenessProbe]) {
    assert.ok(ports.some(({ name }) => name === probe?.httpGet?.port));
  }
  assert.deepEqual(
    container?.volumeMounts?.map(({ name }) => name),
    pod?.volumes?.map(({ name }) => name),
  );
  assert.ok(pod?.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === claim.metadata?.name));
  for (const secret of [
    container?.envFrom?.[0]?.secretRef?.name,
    pod?.volumes?.find(({ secret }) => secret)?.secret?.secretName,
  ]) {
    assert.ok(text.includes(`create secret generic ${secret} `), `nobody is told to make the secret ${secret}`);
  }
});

test('the pod keeps within the pod security standard that its namespace enforces', () => {
  assert.equal(namespace.metadata?.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
  assert.equal(pod?.securityContext?.runAsNonRoot, true);
  assert.equal(pod?.securityContext?.seccompProfile?.type, 'RuntimeDefault');
  assert.equal(container?.securityContext?.allowPrivilegeEscalation, false);
  assert.deepEqual(container?.securityContext?.capabilities, { drop: ['ALL'] });
  for (const volume of pod?.volumes ?? []) {
    const kinds = Object.keys(volume).filter((key) => key !== 'name');
    assert.deepEqual(
      kinds.filter((kind) => !['persistentVolumeClaim', 'secret', 'emptyDir'].includes(kind)),
      [],
    );
  }
  assert.ok(!pod?.hostNetwork && !pod?.hostPID && !pod?.hostIPC);
});
