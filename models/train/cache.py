"""Step 3: decode every picture once into one flat file and merge people's boxes with pseudo labels.

Reads WORK/index.json, WORK/teach.*.jsonl and, where there is one, WORK/hard.jsonl. Writes WORK/pixels.bin (each picture at long side
<= 960 and at half of that), WORK/cache.json and WORK/faces.npz (cut-outs for pasting).
usage: cache.py WORK

A row of a picture is x1, y1, x2, y2, class, kind; the kinds are in classes.py."""
import glob
import json
import sys
from collections import Counter

import cv2
import numpy as np

from classes import BOX, CLASSES, FACE, HARD, IGNORE, NO_PLATE, PLATE, VEHICLE

LONG_SIDE = 960
KINDS = ('box', 'ignore', 'no plate', 'hard')
#: a pseudo label at or above this score is an object, below it an ignore region
OBJECT_SCORE_MIN = .45
FACE_SCORE_MIN = .68
#: what an earlier network sees with this certainty and no label explains is rather a gap in the labels than a mistake
MISTAKE_SCORE_MAX = dict(face=.6, plate=.6)
CUT_OUT_WIDTH, CUT_OUT_HEIGHT = 96, 120
#: hair and neck around a face box, as a share of its width and height
CUT_OUT_SIDE, CUT_OUT_ABOVE, CUT_OUT_BELOW = .3, .35, .3

cv2.setNumThreads(1)


def intersection(a, b):
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))


def area(a):
    return (a[2] - a[0]) * (a[3] - a[1]) + 1e-9


def holds(outer, inner):
    """The middle of `inner` lies in `outer`."""
    return outer[0] < (inner[0] + inner[2]) / 2 < outer[2] and outer[1] < (inner[1] + inner[3]) / 2 < outer[3]


def same_object(a, known):
    both = intersection(a, known)
    return both / (area(a) + area(known) - both) > .25 or both / area(a) > .4


def merge(image, pseudo):
    """Rows of one picture. People's boxes win over pseudo labels of the same class."""
    own = CLASSES.index(image['label'])
    rows = [[*box, own, BOX] for box in image['boxes']]
    persons = [box for box in pseudo if box[5] == 'person']
    vehicles = []
    for *box, score, name in pseudo:
        label = CLASSES.index(name)
        if label == own and any(same_object(box, known) for known in image['boxes']):
            continue
        if label == FACE:
            # people looked for every face in the face pictures: what only the teacher sees there is doubtful. A face outside of every
            # person is often a wheel or a lamp
            certain = score >= FACE_SCORE_MIN and own != FACE and any(holds(person, box) for person in persons)
        else:
            certain = score >= OBJECT_SCORE_MIN
        if label == VEHICLE:
            vehicles.append(box)
        rows.append([*box, label, BOX if certain else IGNORE])
    for box in vehicles:
        plates = image['boxes'] if own == PLATE else []
        if not any(holds(box, plate) for plate in plates):
            # the street pictures were annotated exhaustively, elsewhere nobody looked
            rows.append([*box, PLATE, NO_PLATE if image['source'] == 'openimages' else IGNORE])
    return rows


def hard_places(image, rows, seen):
    """Rows for what an earlier network of ours saw where no label is: places to train on, or ignore regions where people did not look."""
    own = CLASSES.index(image['label'])
    found = []
    for *box, score, name in seen:
        label = CLASSES.index(name)
        if any(row[4] == label and intersection(box, row) > 0 for row in rows):
            continue
        mistake = score < MISTAKE_SCORE_MAX[name] and (label == FACE or own == PLATE)
        found.append([*box, label, HARD if mistake else IGNORE])
    return found


def cut_out(pixels, box):
    """A face with some hair and neck, edges repeated where it leaves the picture."""
    w, h = box[2] - box[0], box[3] - box[1]
    x1, x2 = int(box[0] - CUT_OUT_SIDE * w), int(box[2] + CUT_OUT_SIDE * w)
    y1, y2 = int(box[1] - CUT_OUT_ABOVE * h), int(box[3] + CUT_OUT_BELOW * h)
    pad = [max(0, -y1), max(0, y2 - pixels.shape[0]), max(0, -x1), max(0, x2 - pixels.shape[1])]
    if max(pad) > .2 * h:
        return None
    part = pixels[max(0, y1):y2, max(0, x1):x2]
    part = cv2.copyMakeBorder(part, *pad, cv2.BORDER_REPLICATE)
    return cv2.resize(part, (CUT_OUT_WIDTH, CUT_OUT_HEIGHT), interpolation=cv2.INTER_AREA)


def read_boxes(files):
    """Picture file name to boxes, from the lines of teach.mjs or hard.mjs."""
    boxes = {}
    for file in files:
        for line in open(file):
            entry = json.loads(line)
            boxes[entry['file']] = entry['boxes']
    return boxes


def main():
    work = sys.argv[1]
    with open(f'{work}/index.json') as file:
        images = json.load(file)['images']
    pseudo = read_boxes(glob.glob(f'{work}/teach.*.jsonl'))
    seen = read_boxes(glob.glob(f'{work}/hard.jsonl'))
    items, faces, offset, tally = [], [], 0, Counter()
    with open(f'{work}/pixels.bin', 'wb') as out:
        for image in images:
            if image['aside']:
                continue
            pixels = cv2.imread(f'{work}/orig/{image["file"]}')
            rows = merge(image, pseudo[image['file']])
            rows += hard_places(image, rows, seen.get(image['file'], []))
            if image['source'] == 'fairface':
                # one face a picture: only its cut-out is used
                rows = [[*b[:4], FACE, BOX] for b in pseudo[image['file']] if b[5] == 'face' and b[4] >= FACE_SCORE_MIN][:1]
            for row in rows:
                tally[image['source'], CLASSES[row[4]], KINDS[row[5]]] += 1
                if row[4:] == [FACE, BOX] and 40 <= row[3] - row[1] <= 400:
                    face = cut_out(pixels, row)
                    if face is not None:
                        faces.append(face)
            if image['source'] == 'fairface':
                continue
            scale = min(1., LONG_SIDE / max(pixels.shape[:2]))
            if scale < 1:
                pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            half = cv2.resize(pixels, (max(1, pixels.shape[1] // 2), max(1, pixels.shape[0] // 2)), interpolation=cv2.INTER_AREA)
            levels = []
            for level in (pixels, half):
                out.write(np.ascontiguousarray(level).tobytes())
                levels.append([offset, level.shape[0], level.shape[1]])
                offset += level.size
            items.append(dict(file=image['file'], source=image['source'], levels=levels,
                              rows=[[v * scale for v in row[:4]] + row[4:] for row in rows]))
    with open(f'{work}/cache.json', 'w') as file:
        json.dump(items, file)
    np.savez(f'{work}/faces.npz', faces=np.array(faces, np.uint8))
    print(f'{len(items)} pictures, {offset / 1e9:.1f} GB, {len(faces)} cut-outs')
    for (source, label, kind), n in sorted(tally.items()):
        print(source, label, kind, n)


if __name__ == '__main__':
    main()
