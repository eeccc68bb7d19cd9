import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  REQUEST_BODY_BYTES_MAX,
  REQUEST_HEAD_BYTES_MAX,
  REQUEST_HEADERS_MAX,
} from '../../../../edge/gateway/rtsp/limits.ts';
import { type RtspItem, RtspParser } from '../../../../edge/gateway/rtsp/parser.ts';

function parse(bytes: Buffer | string): RtspItem[] {
  const parser = new RtspParser();
  parser.push(Buffer.from(bytes as string));
  const items: RtspItem[] = [];
  for (let item = parser.next(); item !== undefined; item = parser.next()) items.push(item);
  return items;
}

function faultOf(bytes: Buffer | string): string | undefined {
  const last = parse(bytes).at(-1);
  return last?.type === 'fault' ? last.fault : undefined;
}

test('reads requests, bodies and frames that follow each other', () => {
  const items = parse(
    Buffer.concat([
      Buffer.from('\r\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'),
      Buffer.from([0x24, 1, 0, 3, 7, 8, 9]),
      Buffer.from('SET_PARAMETER rtsp://h/a RTSP/1.0\nCSeq:2\nX: a\nx:  b \nContent-Length: 4\n\nbody'),
      Buffer.from('PLAY rtsp://h/a RTSP/1.0\r\n\r\n'),
    ]),
  );
  assert.deepEqual(
    items.map((item) => (item.type === 'request' ? item.request.method : item.type)),
    ['OPTIONS', 'frame', 'SET_PARAMETER', 'PLAY'],
  );
  const [, frame, parameter] = items;
  assert.ok(frame?.type === 'frame' && parameter?.type === 'request');
  assert.equal(frame.channel, 1);
  assert.deepEqual([...frame.payload], [7, 8, 9]);
  assert.equal(parameter.request.body.toString(), 'body');
  assert.equal(parameter.request.headers.get('x'), 'a, b');
});

test('names the fault of what is not RTSP, and says nothing more after it', () => {
  assert.equal(faultOf('GET / HTTP/1.1\r\n'), 'bad-request-line');
  assert.equal(faultOf('RTSP/1.0 200 OK\r\n'), 'bad-request-line');
  assert.equal(faultOf(Buffer.from([0, 1, 2, 0xff, 0x0a])), 'bad-request-line');
  assert.equal(faultOf('OPTIONS * RTSP/1.0\r\nno colon\r\n'), 'bad-header');
  assert.equal(faultOf('OPTIONS * RTSP/1.0\r\nA: b\u0007\r\n'), 'bad-header');
  assert.equal(faultOf(`OPTIONS * RTSP/1.0\r\nA: ${'x'.repeat(REQUEST_HEAD_BYTES_MAX)}`), 'head-too-long');
  assert.equal(faultOf('x'.repeat(REQUEST_HEAD_BYTES_MAX + 1)), 'head-too-long');
  assert.equal(faultOf(`OPTIONS * RTSP/1.0\r\n${'A: b\r\n'.repeat(REQUEST_HEADERS_MAX + 1)}`), 'too-many-headers');
  const withLength = (text: string): string => `PLAY * RTSP/1.0\r\nContent-Length: ${text}\r\n\r\n`;
  assert.equal(faultOf(withLength('-1')), 'bad-content-length');
  assert.equal(faultOf(withLength('1e3')), 'bad-content-length');
  assert.equal(faultOf(withLength('99999999999999999999')), 'bad-content-length');
  assert.equal(faultOf(withLength(String(REQUEST_BODY_BYTES_MAX + 1))), 'body-too-long');
  assert.equal(
    faultOf(`${withLength('0').replace('\r\n\r\n', '\r\nContent-Length: 0\r\n\r\n')}`),
    'bad-content-length',
  );
  assert.equal(faultOf(Buffer.from([0x24, 0, 0xff, 0xff])), 'frame-too-long');
  assert.equal(parse('garbage\nOPTIONS * RTSP/1.0\r\n\r\n').length, 1);
});

test('waits for the rest of an unfinished message', () => {
  assert.deepEqual(parse('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n'), []);
  assert.deepEqual(parse('OPTIONS * RTSP/1.0\r\nContent-Length: 5\r\n\r\nabcd'), []);
  assert.deepEqual(parse(Buffer.from([0x24, 0, 0, 4, 1, 2, 3])), []);
});
