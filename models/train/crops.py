"""Random training crops: a picture scaled to a wanted object size, mosaics, pasted plates, panels and faces, camera faults."""
import json
import math
import random

import cv2
import numpy as np

from camera import camera, chance, log_uniform
from classes import BOX, FACE, HARD, IGNORE, NO_PLATE, PLATE
from targets import targets

cv2.setNumThreads(1)
#: how often a source is drawn
SOURCE_WEIGHTS = dict(openimages=.38, openlpr=.16, cvlab=.002, facemask=.45)
MOSAIC = .3
#: how often a crop is drawn around a hard place instead of an object, where a picture has both
HARD_SHARE = .25
#: heights in pixels of a crop of 320 px that a chosen object is scaled to
OBJECT_LOW, FACE_HIGH, PLATE_HIGH = 7, 170, 80
#: now and then an object is much larger: close-ups, which fill the picture
LARGE, LARGE_TIMES = .18, 2.6
#: small pictures are enlarged as far as stills are
SCALE_MIN, SCALE_MAX = .18, 2.6
#: a smaller visible share, or a smaller side in pixels, makes an object an ignore region; (face or plate, person or vehicle)
VISIBLE_MIN, SIDE_MIN = (.55, .25), (3.5, 8)
#: where the face lies in a cut-out (cache.py adds hair and neck)
FACE_IN_CUT_OUT = (.1875, .212, .8125, .818)


def overlaps(a, b):
    return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]


def clipped(rows, size):
    """Rows cut at the edges of the crop; what is left too little of is ignored, what is outside is dropped."""
    full = (rows[:, 2] - rows[:, 0]) * (rows[:, 3] - rows[:, 1])
    rows[:, :4] = np.clip(rows[:, :4], 0, size)
    w, h = rows[:, 2] - rows[:, 0], rows[:, 3] - rows[:, 1]
    visible = w * h / np.maximum(full, 1e-6)
    small = rows[:, 4] <= PLATE
    lost = (visible < np.where(small, *VISIBLE_MIN)) | (np.minimum(w, h) < np.where(small, *SIDE_MIN))
    rows[lost & (rows[:, 5] == BOX), 5] = IGNORE
    return rows[(w > 1) & (h > 1) & (visible > .05)]


class Crops:
    """Draws crops of `size` px from WORK (cache.json, pixels.bin, faces.npz, plates.npz). The random state is the process's own."""

    def __init__(self, work, size):
        self.size = size
        with open(f'{work}/cache.json') as file:
            items = json.load(file)
        self.pixels = np.memmap(f'{work}/pixels.bin', np.uint8, 'r')
        self.faces = np.load(f'{work}/faces.npz')['faces']
        rendered = np.load(f'{work}/plates.npz')
        self.plates = rendered['plates'], rendered['plate_widths']
        self.panels = rendered['panels'], rendered['panel_widths']
        self.by_source = {}
        for item in items:
            item['rows'] = np.array(item['rows'], np.float32).reshape(-1, 6)
            self.by_source.setdefault(item['source'], []).append(item)
        self.sources = [s for s in SOURCE_WEIGHTS if s in self.by_source]
        self.weights = [SOURCE_WEIGHTS[s] for s in self.sources]
        height, width = self.faces.shape[1:3]
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        oval = ((x - (width - 1) / 2) / (width / 2)) ** 2 + ((y - (height - 1) / 2) / (height / 2)) ** 2
        self.oval = np.clip((1 - oval) * 4, 0, 1)

    # Geometry

    def window(self, item, size):
        """Scale and middle of a crop: three times in four around a chosen face, plate or hard place, else anywhere."""
        rows = item['rows']
        _, height, width = item['levels'][0]
        objects, hard = rows[(rows[:, 5] == BOX) & (rows[:, 4] <= PLATE)], rows[rows[:, 5] == HARD]
        wanted = hard if len(hard) and (chance(HARD_SHARE) or not len(objects)) else objects
        if len(wanted) and chance(.75):
            row = random.choice(wanted)
            high = PLATE_HIGH if row[4] == PLATE else FACE_HIGH
            if chance(LARGE):
                high *= LARGE_TIMES
            scale = log_uniform(OBJECT_LOW, high * size / 320) / max(2., row[3] - row[1])
            scale = min(max(scale, SCALE_MIN), SCALE_MAX)
            if chance(.85):
                scale = max(scale, min(1.6, .75 * size / max(height, width)))     # little empty margin
            cx = (row[0] + row[2]) / 2 + random.uniform(-.42, .42) * size / scale
            cy = (row[1] + row[3]) / 2 + random.uniform(-.42, .42) * size / scale
        else:
            scale = min(max(log_uniform(.7 * size, 3.8 * size) / max(height, width), SCALE_MIN), SCALE_MAX)
            cx, cy = random.uniform(0, width), random.uniform(0, height)
        half = size / scale / 2                                   # keep the window on the picture where it fits
        cx = min(max(cx, min(half, width / 2)), max(width - half, width / 2))
        cy = min(max(cy, min(half, height / 2)), max(height - half, height / 2))
        return scale, cx, cy

    def crop(self, size):
        """A crop of one picture: scaled, mirrored, stretched, a little turned."""
        item = random.choice(self.by_source[random.choices(self.sources, self.weights)[0]])
        scale, cx, cy = self.window(item, size)
        sx, sy = scale * log_uniform(.87, 1.15), scale * log_uniform(.87, 1.15)
        mirror = -1 if chance(.5) else 1
        angle = math.radians(random.uniform(-6, 6)) if chance(.25) else 0.
        cos, sin = math.cos(angle), math.sin(angle)
        to_crop = np.array([[cos * sx * mirror, -sin * sy, 0], [sin * sx * mirror, cos * sy, 0]])
        to_crop[:, 2] = size / 2 - to_crop[:, :2] @ np.array([cx, cy])
        (offset, height, width), zoom = (item['levels'][1], 2.) if scale < .6 else (item['levels'][0], 1.)
        source = self.pixels[offset:offset + height * width * 3].reshape(height, width, 3)
        from_level = to_crop.copy()
        from_level[:, :2] *= zoom
        from_level[:, 2] += to_crop[:, :2] @ np.full(2, (zoom - 1) / 2)
        fill = random.choice([(0, 0, 0), (114, 114, 114), (random.randint(0, 255),) * 3])
        image = cv2.warpAffine(np.asarray(source), from_level, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
                               borderValue=fill)
        rows = item['rows']
        middle = to_crop[:, :2] @ np.stack([(rows[:, 0] + rows[:, 2]) / 2, (rows[:, 1] + rows[:, 3]) / 2]) + to_crop[:, 2:]
        w, h = (rows[:, 2] - rows[:, 0]) * sx, (rows[:, 3] - rows[:, 1]) * sy
        w, h = w * cos + .6 * h * abs(sin), h * cos + .6 * w * abs(sin)
        moved = np.stack([middle[0] - w / 2, middle[1] - h / 2, middle[0] + w / 2, middle[1] + h / 2, rows[:, 4], rows[:, 5]], 1)
        return image, clipped(moved.astype(np.float32), size)

    # Pasting

    @staticmethod
    def free(box, rows):
        """No face or plate lies under `box` (ignored plates may: they are whole vehicles)."""
        return not any(row[4] <= PLATE and row[5] != HARD and not (row[4] == PLATE and row[5] != BOX) and overlaps(box, row) for row in rows)

    @staticmethod
    def paste_canvas(image, rendered, x1, y1, x2, y2):
        """Sets a rendered plate or panel into `image` with some perspective and the light of the place; its box, or None if too small."""
        size = image.shape[0]
        canvases, widths = rendered
        i = random.randrange(len(canvases))
        canvas = canvases[i, :, :widths[i]].astype(np.float32)
        slope = random.uniform(-.18, .18) * (y2 - y1) if chance(.5) else 0
        corners = np.float32([[x1, y1 + max(0, slope)], [x2, y1 + max(0, -slope)], [x2, y2 - max(0, slope)], [x1, y2 - max(0, -slope)]])
        corners += np.random.uniform(-1, 1, (4, 2)).astype(np.float32) * np.float32([(x2 - x1) * .06, (y2 - y1) * .10])
        left, top = (int(max(0, v - 2)) for v in corners.min(0))
        right, bottom = (int(min(size, v + 3)) for v in corners.max(0))
        if right - left < 3 or bottom - top < 3:
            return None
        shrink = max(1., min(4., 64 / max(4., y2 - y1) / 1.3))
        if shrink > 1.2:                                          # an area filter first, against aliasing
            canvas = cv2.resize(canvas, (max(4, int(widths[i] / shrink)), max(4, int(64 / shrink))), interpolation=cv2.INTER_AREA)
        h, w = canvas.shape[:2]
        warp = cv2.getPerspectiveTransform(np.float32([[0, 0], [w, 0], [w, h], [0, h]]), (corners - [left, top]).astype(np.float32))
        place = image[top:bottom, left:right].astype(np.float32)
        light = np.clip(place.mean() / 120 * random.uniform(.8, 1.5), .25, 1.15)
        window = (right - left, bottom - top)
        laid = cv2.warpPerspective(canvas * light, warp, window, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        mask = cv2.warpPerspective(np.ones((h, w), np.float32), warp, window, flags=cv2.INTER_LINEAR)[..., None]
        if chance(.3):
            laid = cv2.GaussianBlur(laid, (3, 3), 0)
        image[top:bottom, left:right] = np.clip(place * (1 - mask) + laid * mask, 0, 255).astype(np.uint8)
        (bx1, by1), (bx2, by2) = corners.min(0), corners.max(0)
        return [max(0, bx1), max(0, by1), min(size, bx2), min(size, by2)]

    def paste_on_vehicles(self, image, rows, new):
        """A rendered plate over a fifth of the real ones, and on vehicles without a known one."""
        size = image.shape[0]
        for row in rows:
            if row[4] != PLATE:
                continue
            if row[5] == BOX and chance(.2):
                box = self.paste_canvas(image, self.plates, *row[:4])
                if box:
                    row[:4] = box
            elif row[5] in (IGNORE, NO_PLATE) and row[2] - row[0] > 36 and chance(.45):
                wide, high = row[2] - row[0], row[3] - row[1]
                w = wide * random.uniform(.16, .36)
                h = w / random.choice([random.uniform(3.8, 5), random.uniform(1.6, 2.2)])
                x, y = row[0] + (wide - w) * random.uniform(.25, .75), row[1] + high * random.uniform(.5, .85)
                box = [x, y, x + w, y + h]
                if 4 <= h < .3 * high and y + h < size and self.free(box, [*rows, *new]):
                    self.add(new, self.paste_canvas(image, self.plates, *box), PLATE)

    def paste_anywhere(self, image, rows, new, rendered, label, count):
        size = image.shape[0]
        for _ in range(count):
            h = log_uniform(6, 45)
            w = h * random.choice([random.uniform(3.4, 5), random.uniform(1.5, 2.2)])
            x, y = random.uniform(0, max(1, size - w)), random.uniform(0, max(1, size - h))
            box = [x, y, x + w, y + h]
            if w < .9 * size and self.free(box, [*rows, *new]):
                box = self.paste_canvas(image, rendered, *box)
                if label is not None:
                    self.add(new, box, label)

    def paste_face(self, image, rows, new):
        """A face cut from another picture, a little turned, in the light of the place."""
        size = image.shape[0]
        height = int(round(log_uniform(7, 64) * 1.65))
        width = max(4, int(round(height * .8 * random.uniform(.72, 1.1))))
        x, y = random.randint(0, max(0, size - width)), random.randint(0, max(0, size - height))
        if x + width > size or y + height > size or not self.free([x, y, x + width, y + height], [*rows, *new]):
            return
        face, oval = random.choice(self.faces), self.oval
        if chance(.4):
            h, w = oval.shape
            turn = cv2.getRotationMatrix2D((w / 2, h / 2), random.uniform(-18, 18), 1)
            face = cv2.warpAffine(face, turn, (w, h), borderMode=cv2.BORDER_REPLICATE)
        face = cv2.resize(face, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
        if chance(.5):
            face = face[:, ::-1]
        mask = cv2.resize(oval, (width, height), interpolation=cv2.INTER_AREA)[..., None]
        place = image[y:y + height, x:x + width].astype(np.float32)
        face = face * np.clip((place.mean() + 60) / (face.mean() + 60), .5, 1.3)
        image[y:y + height, x:x + width] = np.clip(place * (1 - mask) + face * mask, 0, 255).astype(np.uint8)
        x1, y1, x2, y2 = FACE_IN_CUT_OUT
        self.add(new, [x + x1 * width, y + y1 * height, x + x2 * width, y + y2 * height], FACE)

    @staticmethod
    def add(new, box, label):
        if box:
            new.append([*box, label, BOX])

    def pasted(self, image, rows):
        new = []
        self.paste_on_vehicles(image, rows, new)
        if chance(.2):
            self.paste_anywhere(image, rows, new, self.plates, PLATE, random.randint(1, 2))
        if chance(.25):
            self.paste_anywhere(image, rows, new, self.panels, None, random.randint(1, 3))
        if chance(.33):
            for _ in range(random.randint(1, 4)):
                self.paste_face(image, rows, new)
        return np.concatenate([rows, np.array(new, np.float32).reshape(-1, 6)])

    # Samples

    def sample(self):
        """RGB uint8 [size,size,3] and its rows."""
        size = self.size
        if chance(MOSAIC):
            half = size // 2
            image, parts = np.empty((size, size, 3), np.uint8), []
            for y in (0, half):
                for x in (0, half):
                    image[y:y + half, x:x + half], rows = self.crop(half)
                    rows[:, :4] += (x, y, x, y)
                    parts.append(rows)
            rows = np.concatenate(parts)
        else:
            image, rows = self.crop(size)
        rows = self.pasted(image, rows)
        return camera(image)[:, :, ::-1], rows

    def batch(self, count):
        """Images [count,size,size,3] and the four stacked target arrays of targets()."""
        images, aims = [], []
        for _ in range(count):
            image, rows = self.sample()
            images.append(image)
            aims.append(targets(rows, self.size))
        return np.stack(images), [np.stack(part) for part in zip(*aims)]
