"""What each cell of the network should say about a crop: centre sampling with size ranges per stride that overlap."""
import math

import numpy as np

from classes import BOX, CLASSES, IGNORE, PERSON
from network import STRIDES

#: square root of the area of the objects that a stride learns, in pixels of the crop
SIZES = {8: (0, 44), 16: (28, 112), 32: (80, math.inf)}
#: an object claims the cells whose middle is within half its size of its own, but at least and at most so many cells away
REACH_MIN, REACH_MAX = .75, 1.5
CELLS_MAX = 9


def reach(length, stride):
    return min(REACH_MAX, max(REACH_MIN, length / 2 / stride))


def claimed(box, stride, cells):
    """Slices of the cells that an object claims, or None when its middle is off the grid."""
    cx, cy = (box[0] + box[2]) / 2 / stride - .5, (box[1] + box[3]) / 2 / stride - .5
    rx, ry = reach(box[2] - box[0], stride), reach(box[3] - box[1], stride)
    x1, x2 = max(0, math.ceil(cx - rx)), min(cells - 1, math.floor(cx + rx))
    y1, y2 = max(0, math.ceil(cy - ry)), min(cells - 1, math.floor(cy + ry))
    if x2 < x1 or y2 < y1:
        return None
    return slice(y1, y2 + 1), slice(x1, x2 + 1)


def targets(rows, size):
    """Rows (x1, y1, x2, y2, class, kind) of a square crop of `size` px to four arrays over all cells of all strides: class of the
    owner (-1 none), its box, the cell's weight (objects with few cells weigh up to double), and per class 1 or 0 (no loss)."""
    rows = rows.tolist()
    ignored = [(row[:4], int(row[4])) for row in rows if row[5] == IGNORE]
    objects = [(math.sqrt((row[2] - row[0]) * (row[3] - row[1])), row[:4], int(row[4])) for row in rows if row[5] == BOX]
    # the later one gets a cell that two claim: faces and plates before persons and vehicles, small before big
    objects.sort(key=lambda item: (item[2] < PERSON, -item[0]))
    parts = []
    for stride in STRIDES:
        cells = size // stride
        owner = np.full((cells, cells), -1, np.int64)
        box = np.zeros((cells, cells, 4), np.float32)
        weight = np.ones((cells, cells), np.float32)
        counts = np.ones((cells, cells, len(CLASSES)), np.float32)
        for (x1, y1, x2, y2), label in ignored:
            ys = slice(max(0, math.floor(y1 / stride - .25)), math.ceil(y2 / stride + .25))
            xs = slice(max(0, math.floor(x1 / stride - .25)), math.ceil(x2 / stride + .25))
            counts[ys, xs, label] = 0
        low, high = SIZES[stride]
        for length, corners, label in objects:
            if not low <= length < high:
                continue
            where = claimed(corners, stride, cells)
            if where is None:
                continue
            before = owner[where]
            for other in range(len(CLASSES)):
                if other != label:
                    counts[where][before == other, other] = 0
            counts[where + (label,)] = 1
            owner[where] = label
            box[where] = corners
            weight[where] = 2 - min(CELLS_MAX, before.size) / CELLS_MAX
        parts.append((owner.ravel(), box.reshape(-1, 4), weight.ravel(), counts.reshape(-1, len(CLASSES))))
    return tuple(np.concatenate(part) for part in zip(*parts))
