"""Step 1b: drop the pictures that the hold-out tool named, and set a part aside that is never trained on, for decisions during training.

usage: split.py WORK NAMED.txt   (one path or file name per line)
Rewrites WORK/index.json ('aside' marks what is set aside) and writes WORK/aside.face.jsonl and WORK/aside.plate.jsonl for evaluate.mjs."""
import json
import os
import sys
from collections import Counter

#: one picture of so many is set aside; sources without boxes by people can't be measured on
EVERY = dict(openimages=14, openlpr=40, facemask=9)


def main():
    work, named = sys.argv[1:]
    dropped = {os.path.basename(line.strip()) for line in open(named)}
    with open(f'{work}/index.json') as file:
        index = json.load(file)
    index['images'] = [image for image in index['images'] if image['file'] not in dropped]
    seen = Counter()
    lists = dict(face=[], plate=[])
    for image in index['images']:
        source = image['source']
        seen[source] += 1
        image['aside'] = source in EVERY and seen[source] % EVERY[source] == 0
        if image['aside']:
            boxes = [dict(label=image['label'], x=b[0], y=b[1], w=b[2] - b[0], h=b[3] - b[1]) for b in image['boxes']]
            lists[image['label']].append(dict(image=f'orig/{image["file"]}', boxes=boxes))
    for label, entries in lists.items():
        with open(f'{work}/aside.{label}.jsonl', 'w') as file:
            file.writelines(json.dumps(entry) + '\n' for entry in entries)
    with open(f'{work}/index.json', 'w') as file:
        json.dump(index, file)
    print('dropped', len(dropped), 'kept', dict(seen), 'aside', {label: len(entries) for label, entries in lists.items()})


if __name__ == '__main__':
    main()
