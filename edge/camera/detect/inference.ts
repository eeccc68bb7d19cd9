/** One network: its onnxruntime session, its tensor maker and its decoder. `run` blocks the calling thread while it infers. */
// Before the library is loaded.
import './telemetry.ts';
import ort from 'onnxruntime-node';
import { DECODERS } from './decode/index.ts';
import type { Detection, DetectorPicture } from './port.ts';
import type { Provider } from './provider.ts';
import { TensorMaker, toPicture } from './tensor.ts';
import type { LoadedModel } from './worker-messages.ts';

export interface Network {
  /** Boxes in pixels of the picture. Rejects when the network fails or answers with nonsense. */
  run(picture: DetectorPicture): Promise<Detection[]>;
  release(): Promise<void>;
}

/** Rejects when onnxruntime can't use the bytes, or has no such provider here. */
export async function loadNetwork(
  { entry, bytes }: LoadedModel,
  threads: number,
  provider: Provider,
): Promise<Network> {
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  const inputName = session.inputNames[0];
  if (inputName === undefined) throw new Error(`model ${entry.name} has no input`);
  const maker = new TensorMaker(entry);
  const decode = DECODERS[entry.decoder];
  const labels = new Set(entry.labels);
  return {
    async run(picture) {
      const { plan, data, dims } = maker.make(picture);
      const tensor =
        data instanceof Uint8Array ? new ort.Tensor('uint8', data, dims) : new ort.Tensor('float32', data, dims);
      const results = await session.run({ [inputName]: tensor });
      const outputs = session.outputNames.map((name) => {
        const values = results[name]?.data;
        if (!(values instanceof Float32Array)) throw new Error(`output ${name} of ${entry.name} is not float32`);
        return { name, data: values };
      });
      const found = decode(outputs, plan, entry.thresholds, entry.nmsIou);
      return toPicture(
        found.filter((detection) => labels.has(detection.label)),
        plan,
        picture,
      );
    },
    release: () => session.release(),
  };
}
