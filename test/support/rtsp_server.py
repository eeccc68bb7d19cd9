"""A foreign RTSP server for end-to-end tests: GStreamer's, so that our client is not tested against our own code.

Serves pictures that it has read or made beforehand, in an endless loop with rising timestamps. Prints one JSON line
{"port": N} when it listens, and ends when its standard input closes, so that it never outlives the test.

usage: rtsp_server.py [--port N] [--user U --password P] [--transport any|tcp|udp] [--tls PEM] --mount NAME:CODEC=FILE|test ...
CODEC is copy (H.264 of an MP4 file, as it is), h264, h265 or mjpeg (transcoded); `test` is a moving test pattern.
"""

import argparse
import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstApp, GstRtsp, GstRtspServer  # noqa: E402,F401

TEST_PATTERN = (
    "videotestsrc pattern=ball num-buffers=100 ! video/x-raw,format=I420,width=640,height=360,framerate=25/1"
)
H264 = "h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au"
H265 = "h265parse config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au"
ENCODERS = {
    "h264": f"x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 bitrate=2000 ! {H264}",
    "h265": f"x265enc tune=zerolatency speed-preset=ultrafast key-int-max=25 bitrate=2000 log-level=none ! {H265}",
    "mjpeg": "jpegenc quality=80",
}
PAYLOADERS = {
    "copy": "rtph264pay config-interval=-1",
    "h264": "rtph264pay config-interval=-1",
    "h265": "rtph265pay config-interval=-1",
    "mjpeg": "rtpjpegpay",
}


def read_units(codec, file):
    """All access units of a clip as (pts, dts, duration, bytes), from 0, and their caps."""
    if codec == "copy":
        text = f'filesrc location="{file}" ! qtdemux ! {H264}'
    elif file == "test":
        text = f"{TEST_PATTERN} ! {ENCODERS[codec]}"
    else:
        text = f'filesrc location="{file}" ! decodebin ! videoconvert ! video/x-raw,format=I420 ! {ENCODERS[codec]}'
    pipeline = Gst.parse_launch(f"{text} ! appsink name=out sync=false")
    pipeline.set_state(Gst.State.PLAYING)
    out = pipeline.get_by_name("out")
    units, caps, start = [], None, None
    while (sample := out.emit("pull-sample")) is not None:
        buffer = sample.get_buffer()
        caps = sample.get_caps()
        ok, info = buffer.map(Gst.MapFlags.READ)
        if not ok:
            continue
        start = buffer.pts if start is None else start
        dts = buffer.dts if buffer.dts != Gst.CLOCK_TIME_NONE else buffer.pts
        duration = buffer.duration if buffer.duration != Gst.CLOCK_TIME_NONE else Gst.SECOND // 25
        units.append((buffer.pts - start, max(0, dts - start), duration, bytes(info.data)))
        buffer.unmap(info)
    pipeline.set_state(Gst.State.NULL)
    if not units:
        raise SystemExit(f"no pictures in {file}")
    return units, caps


class Looper:
    """Feeds one appsrc. The payloader's sink keeps the beat, and asks when it wants more."""

    def __init__(self, source, units, caps):
        self.units = units
        self.length = max(pts + duration for pts, _, duration, _ in units)
        self.at = 0
        self.base = 0
        source.set_property("caps", caps)
        source.connect("need-data", self.feed)

    def feed(self, source, _length):
        pts, dts, duration, data = self.units[self.at]
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts, buffer.dts, buffer.duration = self.base + pts, self.base + dts, duration
        source.emit("push-buffer", buffer)
        self.at += 1
        if self.at == len(self.units):
            self.at = 0
            self.base += self.length


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--tls", help="PEM file with certificate and key: serve rtsps://")
    parser.add_argument("--transport", choices=["any", "tcp", "udp"], default="any")
    parser.add_argument("--mount", action="append", required=True)
    args = parser.parse_args()
    Gst.init(None)

    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(args.port))
    if args.user:
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth.add_digest(args.user, args.password, token)
        if args.tls:
            auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(args.tls))
        server.set_auth(auth)

    keep = []
    for mount in args.mount:
        name_codec, file = mount.split("=", 1)
        name, codec = name_codec.split(":", 1)
        units, caps = read_units(codec, file)
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( appsrc name=src is-live=true format=time ! {PAYLOADERS[codec]} name=pay0 pt=96 )")
        factory.set_shared(True)
        if args.transport != "any":
            lower = GstRtsp.RTSPLowerTrans
            factory.set_protocols(lower.TCP if args.transport == "tcp" else lower.UDP)
        if args.user:
            permissions = GstRtspServer.RTSPPermissions()
            for permission in ("media.factory.access", "media.factory.construct"):
                permissions.add_permission_for_role("viewer", permission, True)
            factory.set_permissions(permissions)

        def configure(_factory, media, units=units, caps=caps):
            source = media.get_element().get_child_by_name("src")
            keep.append(Looper(source, units, caps))

        factory.connect("media-configure", configure)
        server.get_mount_points().add_factory(f"/{name}", factory)

    if server.attach(None) == 0:
        raise SystemExit(f"can't listen on port {args.port}")
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.IO_HUP, lambda *_: loop.quit())
    print(json.dumps({"port": server.get_bound_port()}), flush=True)
    loop.run()


main()
