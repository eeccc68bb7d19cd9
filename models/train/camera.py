"""Faults of city cameras, applied to finished crops: blur, motion, night, infra-red, haze, rain, noise, scaling, compression."""
import math
import random

import cv2
import numpy as np

_state = np.random.RandomState(1)
#: one large sheet of grain, partly the same in all channels; crops take random windows of it
GRAIN = (_state.randn(900, 900, 1) * .8 + _state.randn(900, 900, 3) * .5).astype(np.float32)


def chance(probability):
    return random.random() < probability


def log_uniform(low, high):
    return math.exp(random.uniform(math.log(low), math.log(high)))


def motion_blur(image):
    length = random.randint(3, 8)
    kernel = np.zeros((length, length), np.float32)
    cv2.line(kernel, (0, random.randint(0, length - 1)), (length - 1, random.randint(0, length - 1)), 1.)
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def coarse(image):
    """Down and up again, as a cheap or far camera delivers it."""
    size = image.shape[0]
    small = cv2.resize(image, None, fx=(k := random.uniform(.4, .85)), fy=k, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (size, size), interpolation=random.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST]))


def grey(image):
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def infra_red(image):
    """Grey, lit from the camera: bright in the middle, dark to the edges, highlights blown out."""
    size = image.shape[0]
    at = np.linspace(-1, 1, size, dtype=np.float32)
    cx, cy = random.uniform(-.4, .4), random.uniform(-.4, .4)
    lamp = np.exp(-((at[None, :] - cx) ** 2 + (at[:, None] - cy) ** 2) * random.uniform(.3, 1.2)) * random.uniform(.8, 1.5)
    return np.clip(grey(image) * lamp[..., None], 0, 255).astype(np.uint8)


def exposure(image):
    """Gamma, contrast, brightness and white balance in one table per channel."""
    level = np.arange(256, dtype=np.float32) / 255
    gamma, contrast, brightness = log_uniform(.6, 1.7), log_uniform(.65, 1.4), random.uniform(-.15, .15)
    if chance(.14):                                                # night
        gamma, brightness = random.uniform(1.6, 3.), random.uniform(-.1, 0)
    tables = [np.clip(((level ** gamma - .5) * contrast + .5 + brightness) * log_uniform(.88, 1.13), 0, 1) * 255 for _ in range(3)]
    return cv2.LUT(image, np.stack(tables, 1).astype(np.uint8).reshape(256, 1, 3))


def haze(image):
    amount = random.uniform(.15, .5)
    return cv2.addWeighted(image, 1 - amount, np.full_like(image, random.randint(130, 220)), amount, 0)


def rain(image):
    """Bright slanted streaks, all at one angle."""
    size = image.shape[0]
    streaks = np.zeros((size, size), np.uint8)
    slant, length = random.uniform(-.4, .4), random.randint(6, 22)
    for _ in range(random.randint(30, 120)):
        x, y = random.randrange(size), random.randrange(size)
        cv2.line(streaks, (x, y), (int(x + slant * length), y + length), random.randint(60, 150), 1)
    return cv2.add(image, cv2.cvtColor(cv2.blur(streaks, (2, 3)), cv2.COLOR_GRAY2BGR))


def grain(image):
    size = image.shape[0]
    y, x = random.randrange(GRAIN.shape[0] - size), random.randrange(GRAIN.shape[1] - size)
    strength = random.uniform(2, 9) if chance(.8) else random.uniform(9, 18)
    return cv2.add(image, cv2.multiply(GRAIN[y:y + size, x:x + size], (strength,) * 4), dtype=cv2.CV_8U)


def compress(image):
    quality = random.randint(22, 85) if chance(.75) else random.randint(8, 22)
    return cv2.imdecode(cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def camera(image):
    """A BGR uint8 crop with the faults of one imagined camera; boxes stay where they are."""
    if chance(.12):
        side = random.choice([3, 3, 5])
        image = cv2.GaussianBlur(image, (side, side), 0)
    elif chance(.10):
        image = motion_blur(image)
    if chance(.22):
        image = coarse(image)
    if chance(.10):
        image = grey(image)
    elif chance(.04):
        image = infra_red(image)
    if chance(.6):
        image = exposure(image)
    if chance(.03):
        image = haze(image)
    if chance(.03):
        image = rain(image)
    if chance(.15):
        image = grain(image)
    if chance(.35):
        image = compress(image)
    return image
