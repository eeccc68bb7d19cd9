"""Step 1: take the labelled pictures out of their git snapshots and drop what is, or looks like, a picture of an evaluation set.

Writes WORK/orig/*.jpg (long side at most 1600) and WORK/index.json.
usage: prepare.py --work WORK --repos REPOS --exclude EVAL/annotations.jsonl [...]

A picture is dropped when the base name of its origin is listed in an evaluation set, or when its 256-bit difference hash is within
40 bits of an evaluation picture's, also mirrored."""
import argparse
import json
import os
import re

import cv2
import numpy as np

from sources import SOURCES

LONG_SIDE_MAX = 1600
SHORT_SIDE_MIN = 100
HASH_DISTANCE_MAX = 40
BITS = np.array([bin(i).count('1') for i in range(256)], np.uint8)


def difference_hash(image):
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (17, 16), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.packbits(grey[:, 1:] > grey[:, :-1])


def stem(origin):
    return re.sub(r'\.[A-Za-z]+$', '', os.path.basename(origin))


def evaluation_pictures(lists):
    """Base names of the origins, and hashes of the pictures and their mirror images."""
    names, hashes = set(), [np.zeros((0, 32), np.uint8)]
    for file in lists:
        for line in open(file):
            entry = json.loads(line)
            image = cv2.imread(os.path.join(os.path.dirname(file), entry['image']))
            names.add(stem(entry['origin']))
            hashes.append(np.stack([difference_hash(image), difference_hash(image[:, ::-1])]))
    return names, np.concatenate(hashes)


def usable_boxes(picture, width, height):
    """Boxes in pixels of the decoded picture, or None when the annotated size has another shape."""
    sx = sy = 1.
    if picture.size and picture.size[0] and picture.size[1]:
        sx, sy = width / picture.size[0], height / picture.size[1]
    if abs(sx / sy - 1) > .03 and picture.source != 'cvlab':
        return None
    boxes = [[max(0, x1 * sx), max(0, y1 * sy), min(width, x2 * sx), min(height, y2 * sy)] for x1, y1, x2, y2 in picture.boxes]
    return [b for b in boxes if b[2] - b[0] > 2 and b[3] - b[1] > 2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--work', required=True)
    parser.add_argument('--repos', required=True)
    parser.add_argument('--exclude', nargs='+', required=True)
    args = parser.parse_args()
    os.makedirs(f'{args.work}/orig', exist_ok=True)
    taken, hashes = evaluation_pictures(args.exclude)
    index, count = [], {}
    for source in SOURCES:
        for picture in source(args.repos):
            tally = count.setdefault(picture.source, dict(seen=0, unusable=0, evaluation=0, near=0, kept=0, boxes=0))
            tally['seen'] += 1
            if stem(picture.origin) in taken:
                tally['evaluation'] += 1
                continue
            image = None
            if picture.data:
                flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
                image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), flags)
            if image is None or min(image.shape[:2]) < SHORT_SIDE_MIN:
                tally['unusable'] += 1
                continue
            if BITS[hashes ^ difference_hash(image)].sum(1).min() <= HASH_DISTANCE_MAX:
                tally['near'] += 1
                continue
            height, width = image.shape[:2]
            boxes = usable_boxes(picture, width, height)
            if boxes is None:
                tally['unusable'] += 1
                continue
            scale = min(1., LONG_SIDE_MAX / max(height, width))
            if scale < 1:
                image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                boxes = [[v * scale for v in b] for b in boxes]
            file = f'{picture.source}_{tally["kept"]:05d}.jpg'
            cv2.imwrite(f'{args.work}/orig/{file}', image, [cv2.IMWRITE_JPEG_QUALITY, 94])
            index.append(dict(file=file, source=picture.source, origin=picture.origin, width=image.shape[1], height=image.shape[0],
                              label=picture.label, boxes=boxes))
            tally['kept'] += 1
            tally['boxes'] += len(boxes)
    with open(f'{args.work}/index.json', 'w') as file:
        json.dump(dict(count=count, images=index), file)
    for source, tally in count.items():
        print(source, tally)


if __name__ == '__main__':
    main()
