/**
 * A graph model with the signature of coco-ssd's, small enough to reckon by hand: an int32 picture [1, h, w, 3] of any size in; scores
 * [1, 4, 90] and boxes [1, 4, 1, 4] (top, left, bottom, right as shares) out. Its four boxes are the quarters of the picture; how red
 * a quarter is says how sure the model is of a person there, how green of a car, how blue of a dog.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export const SHARD_1 = 'group1-shard1of2.bin';
export const SHARD_2 = 'group1-shard2of2.bin';
export type CocoModelFiles = Record<'model.json' | typeof SHARD_1 | typeof SHARD_2, Buffer>;

const CLASSES = 90;
/** coco-ssd's class numbers from 0. */
const PERSON = 0;
const CAR = 2;
const DOG = 17;

type Attributes = Record<string, unknown>;

const node = (name: string, op: string, input: string[] = [], attr: Attributes = {}) => ({ name, op, input, attr });
const type = (name: string): Attributes => ({ type: name });
const text = (value: string): Attributes => ({ s: Buffer.from(value).toString('base64') });
const ones: Attributes = { list: { i: ['1', '1', '1', '1'] } };

const NODES = [
  node('image_tensor', 'Placeholder', [], {
    dtype: type('DT_UINT8'),
    shape: { shape: { dim: ['1', '-1', '-1', '3'].map((size) => ({ size })) } },
  }),
  ...['quarters', 'colours'].map((name) => node(name, 'Const', [], { dtype: type('DT_FLOAT') })),
  ...['size', 'shape', 'axis'].map((name) => node(name, 'Const', [], { dtype: type('DT_INT32') })),
  node('float', 'Cast', ['image_tensor'], { SrcT: type('DT_UINT8'), DstT: type('DT_FLOAT') }),
  node('resize', 'ResizeBilinear', ['float', 'size'], { T: type('DT_FLOAT'), align_corners: { b: false } }),
  node('conv', 'Conv2D', ['resize', 'colours'], {
    T: type('DT_FLOAT'),
    strides: ones,
    dilations: ones,
    padding: text('SAME'),
    data_format: text('NHWC'),
  }),
  node('Postprocessor/Slice', 'Reshape', ['conv', 'shape'], { T: type('DT_FLOAT'), Tshape: type('DT_INT32') }),
  node('Postprocessor/ExpandDims_1', 'ExpandDims', ['quarters', 'axis'], { T: type('DT_FLOAT') }),
];

/** The three files as they would be served. */
export function cocoModelFiles(): CocoModelFiles {
  const colours = new Float32Array(3 * CLASSES);
  for (const [channel, index] of [PERSON, CAR, DOG].entries()) colours[channel * CLASSES + index] = 1 / 255;
  const tensors: [string, number[], Float32Array | Int32Array][] = [
    ['quarters', [1, 4, 4], Float32Array.of(0, 0, 0.5, 0.5, 0, 0.5, 0.5, 1, 0.5, 0, 1, 0.5, 0.5, 0.5, 1, 1)],
    ['colours', [1, 1, 3, CLASSES], colours],
    ['size', [2], Int32Array.of(2, 2)],
    ['shape', [3], Int32Array.of(1, 4, CLASSES)],
    ['axis', [], Int32Array.of(2)],
  ];
  const data = Buffer.concat(tensors.map(([, , values]) => Buffer.from(values.buffer)));
  const weights = tensors.map(([name, shape, values]) => ({
    name,
    shape,
    dtype: values instanceof Float32Array ? 'float32' : 'int32',
  }));
  const model = {
    format: 'graph-model',
    generatedBy: 'a test',
    modelTopology: { node: NODES, library: {}, versions: { producer: 38 } },
    weightsManifest: [{ paths: [SHARD_1, SHARD_2], weights }],
  };
  return {
    'model.json': Buffer.from(JSON.stringify(model)),
    [SHARD_1]: data.subarray(0, 1000), // cut through the middle of a tensor, as the real shards are
    [SHARD_2]: data.subarray(1000),
  };
}

/** Serves the files below `/ssd/` on a free port and counts requests. */
export async function serveFiles(
  files: Record<string, Buffer>,
): Promise<{ url: string; requests: () => number } & AsyncDisposable> {
  let requests = 0;
  const server = http.createServer((request, response) => {
    requests++;
    const content = files[(request.url ?? '').replace(/^\/ssd\//, '')];
    if (content === undefined) response.writeHead(404).end();
    else response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/ssd/model.json`,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
