"""The labelled pictures that we train on, one generator per source, read from bare git directories REPOS/<owner>+<name>/repo.

Each generator yields Picture records; a source whose licence is unclear does not belong here. README.md names licences and commits."""
import json
import os
import re
import sqlite3
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass


@dataclass
class Picture:
    """`data` is the file's bytes, or None where the snapshot lacks it. `boxes` are x1, y1, x2, y2 in pixels of a picture of `size`."""
    source: str
    origin: str
    data: bytes
    label: str
    boxes: list
    size: tuple


class Snapshot:
    """Reads files of HEAD of a git directory, without a work tree. One `git cat-file` process serves all reads."""

    def __init__(self, repos, name):
        self.git = ['git', f'--git-dir={repos}/{name}/repo', '-c', 'core.quotepath=off']
        self.reader = subprocess.Popen(self.git + ['cat-file', '--batch'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def names(self, *under):
        command = self.git + ['ls-tree', '-r', '-z', '--name-only', 'HEAD', *under]
        listing = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        return [name for name in listing.decode().split('\0') if name]

    def read(self, name):
        self.reader.stdin.write(f'HEAD:{name}\n'.encode())
        self.reader.stdin.flush()
        head = self.reader.stdout.readline().split()
        if len(head) < 3 or head[1] != b'blob':
            return None
        data = self.reader.stdout.read(int(head[2]))
        self.reader.stdout.read(1)
        return data


def pascal_voc(xml):
    """(width, height) of the annotated picture, and its boxes."""
    root = ElementTree.fromstring(xml.strip())
    size = root.find('size')
    boxes = []
    for thing in root.iter('object'):
        box = thing.find('bndbox')
        boxes.append([float(box.find(k).text) for k in ('xmin', 'ymin', 'xmax', 'ymax')])
    return (int(size.find('width').text), int(size.find('height').text)), boxes


def openimages(repos):
    """Street pictures of Open Images with every plate boxed: XML where there is one, else the COCO file of the folder."""
    snapshot = Snapshot(repos, 'unknowncz+LP_recognition')
    for part in ('train', 'valid'):
        folder = f'LP_Detection/{part}'
        xml_files = set(snapshot.names(f'{folder}labels'))
        coco = json.loads(snapshot.read(f'{folder}/_annotations.coco.json') or '{"images": [], "annotations": []}')
        images = {image['id']: image for image in coco['images']}
        by_name = {}
        for annotation in coco['annotations']:
            image = images[annotation['image_id']]
            x, y, w, h = annotation['bbox']
            by_name.setdefault(image['file_name'], ((image['width'], image['height']), []))[1].append([x, y, x + w, y + h])
        for name in sorted(snapshot.names(folder)):
            base = os.path.basename(name)
            xml = f'{folder}labels/{base[:-4]}.xml'
            if not name.endswith('.jpg'):
                continue
            if xml in xml_files:
                size, boxes = pascal_voc(snapshot.read(xml).decode())
            elif base in by_name:
                size, boxes = by_name[base]
            else:
                continue
            yield Picture('openimages', name, snapshot.read(name), 'plate', boxes, size)


def openlpr(repos):
    """Cars of several countries, the main plate boxed; reviewed rows of the SQLite databases only."""
    snapshot = Snapshot(repos, 'faisalthaheem+open-lpr-dataset-plate-detection')
    rows = {}
    for database in ('train.db', 'val.db'):
        data = snapshot.read(database)
        if not data:
            continue
        with tempfile.NamedTemporaryFile(suffix='.db') as file:
            file.write(data)
            file.flush()
            connection = sqlite3.connect(file.name)
            if not connection.execute("select 1 from sqlite_master where name='annotations'").fetchone():
                continue
            query = 'select filename, imheight, imwidth, imgareas from annotations where isreviewed and not isdeleted'
            for filename, height, width, areas in connection.execute(query):
                if areas:
                    plates = [a for a in json.loads(areas) if a.get('lbltxt', 'plate') == 'plate']
                    boxes = [[a['x'], a['y'], a['x'] + a['width'], a['y'] + a['height']] for a in plates]
                    rows[filename] = ((width, height), boxes)
    for name in snapshot.names():
        base = os.path.basename(name)
        if name.split('/')[0] in ('train', 'val') and base in rows:
            size, boxes = rows[base]
            yield Picture('openlpr', name, snapshot.read(name), 'plate', boxes, size)


def cvlab(repos):
    """Korean parking cameras: labelme polygons beside the pictures."""
    snapshot = Snapshot(repos, 'blastak+CVLab-license-plate')
    names = set(snapshot.names())
    for name in sorted(names):
        if not name.endswith('.json') or 'sample_image_label' not in name:
            continue
        try:
            labels = json.loads(snapshot.read(name))
        except ValueError:
            continue
        if not isinstance(labels, dict) or 'shapes' not in labels:
            continue
        stated = os.path.join(os.path.dirname(name), (labels.get('imagePath') or '').replace('\\', '/').split('/')[-1])
        beside = [name[:-5] + ending for ending in ('.jpg', '.png', '.jpeg', '.JPG')]
        image = next((n for n in [stated, *beside] if n in names), None)
        if image is None:
            continue
        boxes = []
        for shape in labels['shapes']:
            xs, ys = zip(*shape['points'])
            if len(xs) >= 2:
                boxes.append([min(xs), min(ys), max(xs), max(ys)])
        yield Picture('cvlab', image, snapshot.read(image), 'plate', boxes, (labels.get('imageWidth'), labels.get('imageHeight')))


def facemask(repos):
    """Streets, stations and crowds with most faces masked; the Kaggle part of the repository only."""
    snapshot = Snapshot(repos, 'marellanoc+MaskON')
    xml_files = set(snapshot.names('archive/annotations'))
    for name in snapshot.names('archive/images'):
        base = os.path.basename(name)
        xml = f'archive/annotations/{os.path.splitext(base)[0]}.xml'
        if re.match(r'maksssksksss\d+\.', base) and xml in xml_files:
            size, boxes = pascal_voc(snapshot.read(xml).decode())
            yield Picture('facemask', name, snapshot.read(name), 'face', boxes, size)


def fairface(repos):
    """Crops of single bare faces, balanced by age, gender and skin tone. No boxes: they only give cut-outs for pasting."""
    snapshot = Snapshot(repos, 'thlaiquid-ai+demographic-test-images')
    for name in snapshot.names('fairface'):
        if name.endswith('.jpg'):
            yield Picture('fairface', name, snapshot.read(name), 'face', [], None)


SOURCES = (openimages, openlpr, cvlab, facemask, fairface)
