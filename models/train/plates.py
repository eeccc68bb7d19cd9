"""Step 4: render licence plates of many kinds, and panels with lettering that are no plates.

Plates: Korean (one line, two lines, old green, taxi yellow), European, British, American, Brazilian and Mercosur, Pakistani, Indian,
Japanese-like, plain and dark. Panels: shop and street signs, telephone numbers, prices.
usage: plates.py WORK [PLATES PANELS]   writes WORK/plates.npz: BGR canvases 64 px high, zero padded on the right, with their widths"""
import glob
import random
import sys
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

HEIGHT = 64
WIDTH_MAX = 336
FONTS = '/usr/share/fonts/truetype'
LATIN = [f for pattern in ('liberation*/LiberationSans*-Bold.ttf', 'liberation*/LiberationMono-Bold.ttf', 'dejavu/DejaVuSans-Bold.ttf',
                           'freefont/FreeSansBold.ttf') for f in glob.glob(f'{FONTS}/{pattern}')]
KOREAN = [f for f in glob.glob(f'{FONTS}/nanum/*.ttf') if 'Bold' in f and 'Gothic' in f]
HANGUL = '가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주아바사자하허호배'
REGIONS = '서울 부산 대구 인천 광주 대전 울산 경기 강원 충북 충남 전북 전남 경북 경남 제주'.split()
LETTERS, DIGITS = 'ABCDEFGHJKLMNPRSTUVWXYZ', '0123456789'
KINDS = dict(korean=3, korean_two_lines=1.5, korean_old=1.5, european=4, british=1.5, american=3, brazilian=1.5, pakistani=1.5, indian=1.5,
             japanese=1, plain=1.5, dark=1)
US_STATES = ('CALIFORNIA', 'TEXAS', 'NEW YORK', 'OHIO', 'FLORIDA', 'NEVADA')
WORDS = ('OPEN', 'CAFE', 'HOTEL', 'BANK', 'TAXI', 'POLICE', 'SALE', 'STOP', 'PARKING', 'BUS', 'PIZZA', 'MARKET', 'EXIT', 'PHARMACY',
         'STREET', 'AVENUE', 'ONE WAY', 'NO ENTRY', 'BAKERY', 'AMBULANCE', 'EXPRESS', 'CARGO', 'SERVICE', 'CENTER', 'MOTORS')
KOREAN_WORDS = '약국 편의점 부동산 식당 주차장 은행 버스 택시 어린이보호구역 출구 병원 학원 노래방 커피 치킨 세탁'.split()
NAVY = (10, 50, 150)


@dataclass
class Look:
    """How one plate is drawn: ground and letter colours, width / height, and whether the text stands in two lines."""
    ground: tuple
    ink: tuple
    ratio: float
    two_lines: bool


_fonts = {}


def font(path, size):
    if (path, size) not in _fonts:
        _fonts[path, size] = ImageFont.truetype(path, size)
    return _fonts[path, size]


def put_text(image, box, text, fonts, ink):
    """Draws `text` stretched to fill `box`."""
    x1, y1, x2, y2 = (int(v) for v in box)
    face = font(random.choice(fonts), 96)
    left, top, right, bottom = face.getbbox(text)
    if right <= left or bottom <= top:
        return
    mask = Image.new('L', (right - left, bottom - top), 0)
    ImageDraw.Draw(mask).text((-left, -top), text, font=face, fill=255)
    mask = mask.resize((max(1, x2 - x1), max(1, y2 - y1)), Image.BILINEAR)
    image.paste(Image.new('RGB', mask.size, ink), (x1, y1), mask)


def letters(count):
    return ''.join(random.choices(LETTERS, k=count))


def digits(count):
    return ''.join(random.choices(DIGITS, k=count))


def grey(low, high):
    return (random.randint(low, high),) * 3


def yellow():
    return random.randint(225, 255), random.randint(180, 215), random.randint(0, 60)


def look(kind):
    white, black = grey(205, 255), grey(0, 50)
    ground, ink, ratio = white, black, random.uniform(4.2, 5.1)
    if kind in ('korean_old', 'japanese', 'american'):
        ratio = random.uniform(1.9, 2.1)
    elif kind in ('korean_two_lines', 'pakistani', 'indian'):
        ratio = random.uniform(1.5, 2.4) if random.random() < .6 else random.uniform(3.5, 4.8)
    elif kind in ('european', 'brazilian', 'plain', 'dark') and random.random() < .15:
        ratio = random.uniform(1.3, 1.9)
    if kind == 'korean_old':
        ground, ink = ((20, 95, 60), (235, 235, 235)) if random.random() < .7 else (yellow(), black)
    elif kind == 'korean' and random.random() < .15:
        ground = (150, 200, 225) if random.random() < .6 else yellow()
    elif kind == 'british' and random.random() < .5 or kind == 'indian' and random.random() < .3:
        ground = yellow()
    elif kind == 'american':
        ground, ink = random.choice([(white, (20, 30, 110)), (white, black), ((240, 235, 200), (120, 20, 30)), (yellow(), (20, 30, 100)),
                                     ((170, 200, 230), (20, 40, 100)), ((30, 60, 130), (240, 220, 90))])
    elif kind == 'brazilian' and random.random() < .5:
        ground = grey(120, 190)
    elif kind == 'dark':
        ground, ink = random.choice([(15, 15, 20), (120, 10, 15), (20, 40, 110), (15, 90, 40)]), white
    elif kind == 'japanese':
        ground, ink = random.choice([(white, (20, 80, 50)), (yellow(), black), ((20, 90, 60), white)])
    return Look(ground, ink, ratio, ratio < 2.45 and kind != 'american')


def number(kind):
    """The text of a plate that follows no special layout."""
    if kind == 'european':
        return letters(2) + random.choice(' -') + letters(2) + ' ' + digits(random.randint(2, 4))
    if kind == 'british':
        return letters(2) + digits(2) + ' ' + letters(3)
    if kind == 'brazilian':
        return random.choice([letters(3) + '-' + digits(4), letters(3) + digits(1) + letters(1) + digits(2)])
    if kind == 'pakistani':
        return letters(3) + ' ' + digits(random.randint(3, 4))
    if kind == 'indian':
        return letters(2) + ' ' + digits(2) + ' ' + letters(2) + ' ' + digits(4)
    return letters(3) + digits(3) if random.random() < .6 else digits(4) + letters(2)


def draw_korean(image, kind, style, start):
    width = image.width
    fonts = KOREAN or LATIN
    syllable, head = random.choice(HANGUL), digits(random.choice((2, 2, 2, 3, 3)))
    if not style.two_lines:
        put_text(image, (start + 4, 9, width - 8, HEIGHT - 8), head + syllable + ' ' + digits(4), fonts, style.ink)
        return
    old = kind == 'korean_old'
    put_text(image, (width * .22, 5, width * .78, 24), random.choice(REGIONS) + digits(2) if old else head + syllable, fonts, style.ink)
    put_text(image, (6, 27, width - 6, 60), (syllable if old else '') + digits(4), fonts, style.ink)


def draw_japanese(image, style):
    width = image.width
    put_text(image, (width * .25, 5, width * .75, 22), digits(3), LATIN, style.ink)
    put_text(image, (width * .12, 27, width - 6, 60), digits(2) + '-' + digits(2), LATIN, style.ink)
    put_text(image, (4, 36, width * .1 + 4, 50), letters(1), LATIN, style.ink)


def draw_american(image, style):
    width = image.width
    put_text(image, (width * .2, 4, width * .8, 15), random.choice(US_STATES), LATIN, random.choice([style.ink, (170, 20, 30), (20, 60, 150)]))
    text = random.choice([digits(1) + letters(3) + digits(3), letters(3) + '-' + digits(4), digits(3) + ' ' + letters(3)])
    put_text(image, (8, 19, width - 8, 52), text, LATIN, style.ink)
    if random.random() < .5:
        put_text(image, (width * .3, 55, width * .7, 62), 'GOLDEN STATE', LATIN, style.ink)


def draw_number(image, kind, style, start, top):
    text = number(kind)
    if not style.two_lines:
        put_text(image, (start + 4, top, image.width - 8, HEIGHT - 8), text, LATIN, style.ink)
        return
    at = text.find(' ') if ' ' in text else 3
    put_text(image, (8, max(6, top - 4), image.width - 8, 31), text[:at], LATIN, style.ink)
    put_text(image, (8, 35, image.width - 8, 60), text[at:].strip(), LATIN, style.ink)


def worn(canvas):
    """Holder, dirt and uneven light."""
    height, width = canvas.shape[:2]
    canvas = canvas.astype(np.float32)
    if random.random() < .3:
        rim = random.randint(2, 6)
        canvas = cv2.copyMakeBorder(canvas, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=grey(0, 60))
        canvas = cv2.resize(canvas, (width, height))
    if random.random() < .4:
        dirt = cv2.resize(np.random.rand(3, 8).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
        canvas = canvas * (1 - .6 * dirt * random.random()) + np.float32([60, 75, 90]) * (.5 * dirt * random.random())
    light = np.linspace(random.uniform(.75, 1), random.uniform(.75, 1), width, dtype=np.float32)
    return np.clip(canvas * light[None, :, None], 0, 255).astype(np.uint8)


def plate():
    kind = random.choices(list(KINDS), list(KINDS.values()))[0]
    style = look(kind)
    image = Image.new('RGB', (int(HEIGHT * style.ratio), HEIGHT), style.ground)
    draw = ImageDraw.Draw(image)
    start = 4
    if kind in ('european', 'british', 'korean') and not style.two_lines and random.random() < .6:
        draw.rectangle([0, 0, int(.42 * HEIGHT), HEIGHT], fill=NAVY)
        put_text(image, (4, HEIGHT * .6, .36 * HEIGHT, HEIGHT * .88), letters(1), LATIN, (240, 240, 240))
        start = int(.46 * HEIGHT)
    if kind == 'brazilian' and style.ground[0] > 200:
        draw.rectangle([0, 0, image.width, 13], fill=NAVY)
    if kind.startswith('korean'):
        draw_korean(image, kind, style, start)
    elif kind == 'japanese':
        draw_japanese(image, style)
    elif kind == 'american':
        draw_american(image, style)
    else:
        draw_number(image, kind, style, start, 18 if kind == 'brazilian' else 8)
    if random.random() < .75:
        draw.rectangle([1, 1, image.width - 2, HEIGHT - 2], outline=style.ink, width=random.choice([1, 2, 3]))
    return worn(np.array(image)[:, :, ::-1])


def panel():
    """A sign: one to three lines of words, a telephone number or a price on any ground."""
    ground = tuple(random.randint(0, 255) for _ in range(3))
    ink = (255, 255, 255) if sum(ground) < 380 else grey(0, 60)
    lines = random.choice([1, 1, 2, 3])
    image = Image.new('RGB', (int(HEIGHT * random.uniform(1, 5.2)), HEIGHT), ground)
    for line in range(lines):
        y1, y2 = HEIGHT * (line + .12) / lines, HEIGHT * (line + .88) / lines
        margin = image.width * random.uniform(.03, .25)
        box = (margin, y1, image.width - margin, y2)
        if KOREAN and random.random() < .4:
            put_text(image, box, random.choice(KOREAN_WORDS), KOREAN, ink)
        elif lines > 1 and random.random() < .2:
            put_text(image, box, f'0{digits(1)}-{digits(3)}-{digits(4)}', LATIN, ink)
        else:
            put_text(image, box, random.choice(WORDS), LATIN, ink)
    return worn(np.array(image)[:, :, ::-1])


def canvases(render, count):
    out, widths = np.zeros((count, HEIGHT, WIDTH_MAX, 3), np.uint8), np.zeros(count, np.int32)
    for i in range(count):
        canvas = render()
        widths[i] = canvas.shape[1]
        out[i, :, :widths[i]] = canvas
    return out, widths


def main():
    work = sys.argv[1]
    plate_count, panel_count = (int(v) for v in sys.argv[2:4]) if len(sys.argv) > 3 else (3000, 1000)
    random.seed(7)
    np.random.seed(7)
    plates, plate_widths = canvases(plate, plate_count)
    panels, panel_widths = canvases(panel, panel_count)
    np.savez(f'{work}/plates.npz', plates=plates, plate_widths=plate_widths, panels=panels, panel_widths=panel_widths)
    print('plates', plate_count, 'panels', panel_count, 'korean fonts', len(KOREAN), 'latin fonts', len(LATIN))


if __name__ == '__main__':
    main()
