"""Step 5: train. One process per core, gradients averaged, bfloat16, moving average of the weights, cosine schedule over steps.

usage: train.py WORK --name NAME --steps N --rate R [--init CHECKPOINT.pt] [--sizes 320:16,384:11] [--processes 2]
Writes WORK/run/NAME.pt every 250 steps and at the end. The schedule counts steps, not time: the whole process group may be stopped
(SIGSTOP) and continued (SIGCONT) at will. Crops take the sizes in equal shares of the run; SIZE:BATCH is per process."""
import argparse
import copy
import datetime
import math
import os
import random
import time

os.environ.setdefault('OMP_NUM_THREADS', '1')
import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F

from crops import Crops
from network import STRIDES, StreetNet, normalise

#: face, plate, person, vehicle
CLASS_WEIGHTS = (1.3, 1.1, .35, .35)
BOX_WEIGHT = 2.
WEIGHT_DECAY = .02
WARM_UP_STEPS = 120
FINAL_RATE = .01
GRADIENT_NORM_MAX = 15.
AVERAGE_DECAY = .998
REPORT_STEPS, SAVE_STEPS = 50, 250
LOG_SIZE_MAX = 5.


def cell_grid(size):
    """Middles of all cells in cells [N,2], and their strides [N]."""
    middles, strides = [], []
    for stride in STRIDES:
        cells = size // stride
        y, x = torch.meshgrid(torch.arange(cells), torch.arange(cells), indexing='ij')
        middles.append(torch.stack([x, y], -1).reshape(-1, 2).float() + .5)
        strides.append(torch.full((cells * cells,), float(stride)))
    return torch.cat(middles), torch.cat(strides)


def overlap(a, b):
    """IoU and generalised IoU of paired boxes [N,4]."""
    w = (torch.min(a[:, 2], b[:, 2]) - torch.max(a[:, 0], b[:, 0])).clamp(min=0)
    h = (torch.min(a[:, 3], b[:, 3]) - torch.max(a[:, 1], b[:, 1])).clamp(min=0)
    both = w * h
    union = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1]) + (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) - both + 1e-6
    hull = ((torch.max(a[:, 2], b[:, 2]) - torch.min(a[:, 0], b[:, 0])) * (torch.max(a[:, 3], b[:, 3]) - torch.min(a[:, 1], b[:, 1]))) + 1e-6
    iou = both / union
    return iou, iou - (hull - union) / hull


def losses(out, aims, middles, strides, class_weights):
    """Quality focal loss towards .4 + .6 IoU, generalised IoU loss, and the mean IoU of the owners' cells."""
    owner, box, weight, counts = aims
    logits = torch.cat([logit.permute(0, 2, 3, 1).flatten(1, 2) for logit, _ in out], 1).float()
    values = torch.cat([value.permute(0, 2, 3, 1).flatten(1, 2) for _, value in out], 1)
    picture, cell = torch.nonzero(owner >= 0, as_tuple=True)
    label = owner[picture, cell]
    owned = max(1., float(weight[picture, cell].sum()))
    value, stride = values[picture, cell].float(), strides[cell, None]
    middle = (middles[cell] + value[:, :2]) * stride
    half = torch.exp(value[:, 2:].clamp(max=LOG_SIZE_MAX)) * stride / 2
    iou, generalised = overlap(torch.cat([middle - half, middle + half], 1), box[picture, cell])
    box_loss = BOX_WEIGHT * ((1 - generalised) * weight[picture, cell] * class_weights[label]).sum() / owned
    goal = torch.zeros_like(logits)
    goal[picture, cell, label] = .4 + .6 * iou.detach().clamp(0, 1)
    with torch.no_grad():
        focus = (goal - logits.sigmoid()).abs().pow(2) * counts * class_weights
        focus[picture, cell, label] *= weight[picture, cell]
    class_loss = (F.binary_cross_entropy_with_logits(logits, goal, reduction='none') * focus).sum() / owned
    return class_loss, box_loss, float(iou.mean()) if len(iou) else 0.


def rate_at(step, args):
    done = step / args.steps
    return args.rate * min(1., (step + 1) / WARM_UP_STEPS) * (FINAL_RATE + (1 - FINAL_RATE) * .5 * (1 + math.cos(math.pi * done)))


def average_into(average, net, step):
    decay = min(AVERAGE_DECAY, (1 + step) / (20 + step))
    with torch.no_grad():
        for mean, value in zip(average.state_dict().values(), net.state_dict().values()):
            if mean.dtype.is_floating_point:
                mean.mul_(decay).add_(value, alpha=1 - decay)
            else:
                mean.copy_(value)


def save(file, average, step):
    weights = {name: value.contiguous() for name, value in average.state_dict().items()}
    torch.save(dict(ema=weights, step=step), file + '.part')
    os.replace(file + '.part', file)


def optimiser(net, rate):
    """AdamW; norms and biases don't decay."""
    decaying = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    groups = [dict(params=decaying, weight_decay=WEIGHT_DECAY), dict(params=others, weight_decay=0)]
    return torch.optim.AdamW(groups, lr=rate, betas=(.9, .99), foreach=True)


def step_with(optimise, parameters, processes):
    """Averages the gradients over the processes, clips them and steps; their norm. A batch that is not finite is skipped."""
    flat = torch.cat([p.grad.reshape(-1) for p in parameters])
    dist.all_reduce(flat)
    flat /= processes
    norm = float(flat.norm())
    if math.isfinite(norm):
        flat.mul_(min(1., GRADIENT_NORM_MAX / (norm + 1e-6)))
        for p, part in zip(parameters, flat.split([p.numel() for p in parameters])):
            p.grad.copy_(part.view_as(p))
        optimise.step()
    return norm


def worker(rank, args):
    torch.set_num_threads(1)
    # a stopped process must not count as a lost one
    dist.init_process_group('gloo', init_method=f'file://{args.work}/run/sync.{os.getppid()}', rank=rank, world_size=args.processes,
                            timeout=datetime.timedelta(days=1))
    random.seed(args.seed + rank)
    np.random.seed(args.seed + rank)
    torch.manual_seed(5)
    net = StreetNet()
    if args.init:
        net.load_state_dict(torch.load(args.init)['ema'])
    net = net.to(memory_format=torch.channels_last).train()
    average = copy.deepcopy(net).eval()
    optimise = optimiser(net, args.rate)
    parameters = list(net.parameters())
    class_weights = torch.tensor(CLASS_WEIGHTS)
    crops = Crops(args.work, 0)
    file = f'{args.work}/run/{args.name}.pt'
    sums, since = np.zeros(5), time.time()
    for step in range(args.steps):
        size, batch = args.sizes[step * len(args.sizes) // args.steps]
        if size != crops.size:
            crops.size = size
            middles, strides = cell_grid(size)
        start = time.time()
        images, aims = crops.batch(batch)
        drawn = time.time()
        x = torch.from_numpy(images).permute(0, 3, 1, 2).to(memory_format=torch.channels_last).float()
        with torch.autocast('cpu', dtype=torch.bfloat16):
            out = net(normalise(x))
        class_loss, box_loss, iou = losses(out, [torch.from_numpy(a) for a in aims], middles, strides, class_weights)
        optimise.zero_grad(set_to_none=True)
        (class_loss + box_loss).backward()
        for group in optimise.param_groups:
            group['lr'] = rate_at(step, args)
        norm = step_with(optimise, parameters, args.processes)
        if rank:
            continue
        average_into(average, net, step)
        sums += (float(class_loss), float(box_loss), iou, drawn - start, time.time() - drawn)
        if (step + 1) % REPORT_STEPS == 0:
            cls, box, iou, draw, learn = sums / REPORT_STEPS
            print(f'{time.time() - since:.0f} s step {step + 1} of {args.steps} size {size} rate {rate_at(step, args):.5f} class {cls:.3f} '
                  f'box {box:.3f} iou {iou:.3f} draw {1e3 * draw:.0f} ms learn {1e3 * learn:.0f} ms norm {norm:.1f}', flush=True)
            sums[:] = 0
        if (step + 1) % SAVE_STEPS == 0 or step + 1 == args.steps:
            save(file, average, step + 1)
    dist.barrier()


def sizes(text):
    return [tuple(int(v) for v in part.split(':')) for part in text.split(',')]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('work')
    parser.add_argument('--name', required=True)
    parser.add_argument('--steps', type=int, required=True)
    parser.add_argument('--rate', type=float, required=True)
    parser.add_argument('--init')
    parser.add_argument('--sizes', type=sizes, default=[(320, 16), (384, 11)])
    parser.add_argument('--processes', type=int, default=2)
    parser.add_argument('--seed', type=int, default=100)
    args = parser.parse_args()
    os.makedirs(f'{args.work}/run', exist_ok=True)
    mp.spawn(worker, (args,), args.processes)


if __name__ == '__main__':
    main()
