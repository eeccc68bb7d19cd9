"""Starts a wider or deeper network from the checkpoint of a narrower one, so that it says the same at first.

Old channels keep their weights and hear nothing of the new ones; new channels start at random. A block that the old network lacks starts
as good as silent: its residual adds next to nothing.
usage: widen.py OLD.pt NEW.pt   (the new shape is what network.py says)"""
import sys

import torch

from network import Separable, StreetNet

#: scale of the last norm of a block that is new
SILENT = .02


def widened(old, new):
    """`new` with `old` in its first channels. Where an old output meets a new input the weight is 0 (a depthwise kernel has one input)."""
    out = new.clone()
    if old.ndim == 4:
        out[:old.shape[0]] = 0
        out[:old.shape[0], :old.shape[1]] = old
    elif old.ndim:
        out[:old.shape[0]] = old
    else:
        out = old.clone()
    return out


def main():
    old = torch.load(sys.argv[1], map_location='cpu')['ema']
    torch.manual_seed(11)
    net = StreetNet()
    for name, module in net.named_modules():
        if isinstance(module, Separable) and f'{name}.pw.1.weight' not in old:
            module.pw[1].weight.data.fill_(SILENT)
    weights = {name: widened(old[name], value) if name in old else value for name, value in net.state_dict().items()}
    net.load_state_dict(weights)
    torch.save(dict(ema={name: value.contiguous() for name, value in net.state_dict().items()}, step=0), sys.argv[2])
    print('parameters', sum(v.numel() for v in old.values()), 'to', sum(v.numel() for v in weights.values()))


if __name__ == '__main__':
    main()
