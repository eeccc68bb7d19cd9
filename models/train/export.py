"""Step 6: checkpoint to ONNX, with normalisation and box decoding inside the graph.

Input `image`: uint8 [1,H,W,3] RGB, H and W multiples of 32. Outputs before suppression, N = HW/64 + HW/256 + HW/1024: `boxes` [N,4]
(x1, y1, x2, y2 in input pixels) and `scores` [N,4] (face, plate, person, vehicle, 0..1).
usage: export.py CHECKPOINT.pt OUT.onnx"""
import copy
import sys

import torch
import torch.nn as nn

from network import STRIDES, StreetNet, normalise

LOG_SIZE_MAX = 5.


def folded(net):
    """A copy with every batch norm folded into the convolution before it."""
    net = copy.deepcopy(net).eval()
    for module in net.modules():
        if isinstance(module, nn.Sequential) and len(module) >= 2 and isinstance(module[1], nn.BatchNorm2d):
            module[0] = nn.utils.fusion.fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()
    return net


class Deployed(nn.Module):
    """uint8 picture in, boxes in pixels and scores out."""

    def __init__(self, net):
        super().__init__()
        self.net = folded(net)

    def forward(self, image):
        boxes, scores = [], []
        for stride, (logits, values) in zip(STRIDES, self.net(normalise(image.permute(0, 3, 1, 2).float()))):
            one = torch.ones_like(values[:, :1])
            cx = (torch.cumsum(one, 3) - .5 + values[:, 0:1]) * stride
            cy = (torch.cumsum(one, 2) - .5 + values[:, 1:2]) * stride
            half = torch.exp(values[:, 2:4].clamp(max=LOG_SIZE_MAX)) * (stride / 2)
            w, h = half[:, 0:1], half[:, 1:2]
            boxes.append(torch.cat([cx - w, cy - h, cx + w, cy + h], 1).permute(0, 2, 3, 1).reshape(-1, 4))
            scores.append(torch.sigmoid(logits).permute(0, 2, 3, 1).reshape(-1, 4))
        return torch.cat(boxes), torch.cat(scores)


def main():
    checkpoint = torch.load(sys.argv[1], map_location='cpu')
    net = StreetNet()
    net.load_state_dict(checkpoint['ema'])
    example = torch.randint(0, 255, (1, 96, 128, 3), dtype=torch.uint8)
    with torch.no_grad():
        torch.onnx.export(Deployed(net).eval(), (example,), sys.argv[2], opset_version=13,
                          input_names=['image'], output_names=['boxes', 'scores'],
                          dynamic_axes={'image': {1: 'height', 2: 'width'}, 'boxes': {0: 'n'}, 'scores': {0: 'n'}})
    print('wrote', sys.argv[2], 'parameters', sum(p.numel() for p in net.parameters()), 'step', checkpoint.get('step'))


if __name__ == '__main__':
    main()
