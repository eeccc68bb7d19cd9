"""The network: one pass, four classes (face, plate, person, vehicle), strides 8, 16 and 32, anchor free.

Only 3x3 depthwise and 1x1 convolutions after the stem: they train fast in bfloat16 on a CPU and run fast in ONNX Runtime."""
import torch.nn as nn
import torch.nn.functional as F

from classes import CLASSES

STRIDES = (8, 16, 32)
STEM_CHANNELS = (16, 32)
STAGE_CHANNELS = (64, 160, 256)
STAGE_BLOCKS = (4, 4, 3)
NECK_CHANNELS = 64
HEAD_BLOCKS = (3, 3, 3)
#: start value of the class logits: objects are rare
RARE_LOGIT = -4.6
#: start value of log(size / stride)
USUAL_LOG_SIZE = .7


def conv_bn(inputs, outputs, kernel=3, stride=1, groups=1, act=True):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
              nn.BatchNorm2d(outputs, eps=1e-3, momentum=.03)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if act else nn.Sequential(*layers)


class Separable(nn.Module):
    """Depthwise 3x3, then pointwise; residual when the shapes agree."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.dw = conv_bn(inputs, inputs, 3, stride, groups=inputs, act=False)
        self.pw = conv_bn(inputs, outputs, 1)
        self.res = inputs == outputs and stride == 1

    def forward(self, x):
        y = self.pw(self.dw(x))
        return x + y if self.res else y


def blocks(channels, count):
    return [Separable(channels, channels) for _ in range(count)]


def stage(inputs, outputs, count):
    return nn.Sequential(Separable(inputs, outputs, 2), *blocks(outputs, count))


class StreetNet(nn.Module):
    """float [B,3,H,W] from normalise(), H and W multiples of 32, to one (class logits [B,4,h,w], box values [B,4,h,w]) per stride.

    Box values: centre offset in cells from the cell's middle (x, y), log(width / stride), log(height / stride)."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, STEM_CHANNELS[0], 3, 2), conv_bn(STEM_CHANNELS[0], STEM_CHANNELS[1], 3, 2))
        self.s4 = nn.Sequential(*blocks(STEM_CHANNELS[1], 1))
        widths = (STEM_CHANNELS[1], *STAGE_CHANNELS)
        self.s8, self.s16, self.s32 = (stage(widths[i], widths[i + 1], STAGE_BLOCKS[i]) for i in range(3))
        self.lat = nn.ModuleList([conv_bn(channels, NECK_CHANNELS, 1) for channels in STAGE_CHANNELS])
        self.td = nn.ModuleList(blocks(NECK_CHANNELS, 2))
        self.bu = nn.ModuleList([Separable(NECK_CHANNELS, NECK_CHANNELS, 2) for _ in range(2)])
        self.po = nn.ModuleList(blocks(NECK_CHANNELS, 2))
        self.head = nn.ModuleList([nn.Sequential(*blocks(NECK_CHANNELS, count)) for count in HEAD_BLOCKS])
        self.cls = nn.ModuleList([nn.Conv2d(NECK_CHANNELS, len(CLASSES), 1) for _ in STRIDES])
        self.reg = nn.ModuleList([nn.Conv2d(NECK_CHANNELS, 4, 1) for _ in STRIDES])
        self._start_values()

    def _start_values(self):
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode='fan_in', nonlinearity='relu')
        for module in self.modules():
            if isinstance(module, Separable) and module.res:
                nn.init.constant_(module.pw[1].weight, .5)
        for cls, reg in zip(self.cls, self.reg):
            nn.init.normal_(cls.weight, std=.01)
            nn.init.constant_(cls.bias, RARE_LOGIT)
            nn.init.normal_(reg.weight, std=.01)
            nn.init.constant_(reg.bias, 0)
            reg.bias.data[2:] = USUAL_LOG_SIZE

    def forward(self, x):
        c8 = self.s8(self.s4(self.stem(x)))
        c16 = self.s16(c8)
        c32 = self.s32(c16)
        p32 = self.lat[2](c32)
        p16 = self.td[1](self.lat[1](c16) + F.interpolate(p32, scale_factor=2., mode='nearest'))
        p8 = self.td[0](self.lat[0](c8) + F.interpolate(p16, scale_factor=2., mode='nearest'))
        p16 = self.po[0](p16 + self.bu[0](p8))
        p32 = self.po[1](p32 + self.bu[1](p16))
        out = []
        for p, head, cls, reg in zip((p8, p16, p32), self.head, self.cls, self.reg):
            features = head(p)
            out.append((cls(features), reg(features)))
        return out


def normalise(x):
    """RGB 0..255 to the range of the network."""
    return x * (1 / 64.) - 2.
