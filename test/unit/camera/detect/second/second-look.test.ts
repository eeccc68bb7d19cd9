/**
 * Goal: the second opinion is asked seldom, never waited for, and what it says holds until it is asked again. Method: a detector that
 * answers when told to.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { letterboxSize } from '../../../../../edge/camera/detect/letterbox.ts';
import type {
  Detection,
  Detector,
  DetectorPicture,
  DetectorState,
  Verdict,
} from '../../../../../edge/camera/detect/port.ts';
import { SecondLook } from '../../../../../edge/camera/detect/second/second-look.ts';

const FRAME = { widthPx: 1280, heightPx: 720 };

function picture() {
  const letterbox = letterboxSize(FRAME.widthPx, FRAME.heightPx, 640);
  const rgb = new Uint8Array(letterbox.widthPx * letterbox.heightPx * 3).fill(7);
  return { picture: { rgb, ...letterbox }, letterbox };
}

class ToldDetector implements Detector {
  readonly state: DetectorState = { state: 'ready', models: [], digests: [], confirmScores: {}, advice: '' };
  readonly asked: DetectorPicture[] = [];
  #answer: (verdict: Verdict) => void = () => {};

  detect(asked: DetectorPicture): Promise<Verdict> {
    this.asked.push(asked);
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  say(detections: Detection[], inferenceMs = 50): void {
    this.#answer({ kind: 'detected', detections, inferenceMs });
  }

  fail(): void {
    this.#answer({ kind: 'unavailable', reason: 'detector-unavailable', detail: 'told to fail' });
  }

  async close(): Promise<void> {}
}

const PERSON: Detection = { label: 'person', x: 100, y: 50, w: 40, h: 120, score: 0.8 };

test('what it says is tracked in frame pixels and holds until the next look', async () => {
  const detector = new ToldDetector();
  const look = new SecondLook(detector);
  const made = picture();
  const done = look.offer(made, FRAME, 1000);
  assert.deepEqual(look.regionsAt(1000), []);
  assert.notEqual(detector.asked[0]!.rgb, made.picture.rgb, 'the first detector needs its own copy');
  assert.deepEqual(detector.asked[0]!.rgb, made.picture.rgb);
  detector.say([PERSON]);
  await done;
  for (const ms of [800, 1000, 1500, 1900]) {
    const [person] = look.regionsAt(ms);
    assert.ok(person, `nothing at ${ms} ms`);
    assert.equal(person.label, 'person');
    assert.ok(person.track < 0);
    assert.ok(person.x <= 200 && person.x + person.w >= 280 && person.y <= 100 && person.y + person.h >= 340);
  }
  assert.deepEqual(look.regionsAt(2100), []);
});

test('it is asked at most twice a second, less often when it is slow, and one question at a time', async () => {
  const detector = new ToldDetector();
  const look = new SecondLook(detector);
  const first = look.offer(picture(), FRAME, 0);
  await look.offer(picture(), FRAME, 600);
  assert.equal(detector.asked.length, 1, 'the first question is open');
  detector.say([]);
  await first;
  await look.offer(picture(), FRAME, 480);
  assert.equal(detector.asked.length, 1);
  const second = look.offer(picture(), FRAME, 520);
  assert.equal(detector.asked.length, 2);
  detector.say([], 1000);
  await second;
  await look.offer(picture(), FRAME, 1300);
  assert.equal(detector.asked.length, 2, 'a slow one is left alone for longer');
  void look.offer(picture(), FRAME, 1340);
  assert.equal(detector.asked.length, 3);
});

test('no answer is no answer: what was said before stays, and it is asked again', async () => {
  const detector = new ToldDetector();
  const look = new SecondLook(detector);
  const first = look.offer(picture(), FRAME, 0);
  detector.say([PERSON]);
  await first;
  const second = look.offer(picture(), FRAME, 520);
  detector.fail();
  await second;
  assert.equal(look.regionsAt(900).length, 1);
  void look.offer(picture(), FRAME, 1040);
  assert.equal(detector.asked.length, 3);
});

test('an answer about another picture size or connection is void', async () => {
  const detector = new ToldDetector();
  const look = new SecondLook(detector);
  const asked = look.offer(picture(), FRAME, 0);
  look.reset();
  detector.say([PERSON]);
  await asked;
  assert.deepEqual(look.regionsAt(0), []);
  const again = look.offer(picture(), FRAME, 10);
  detector.say([PERSON]);
  await again;
  assert.equal(look.regionsAt(10).length, 1);
});
