/**
 * The systemd units that fence camera processes in, as text. Pure: from a configuration and resolved addresses to files.
 *
 * One socket per camera, one service per connection to it: the agent connects, systemd starts the camera process with that connection as
 * its channel. The process may reach one network address, or one device, or nothing; it has a user of its own and sees neither the
 * configuration nor the state, but for models. Between it and the connection stands socat, the service's main process: when the connection
 * ends, socat ends, and systemd kills what is left of the service, however stuck.
 *
 * Not covered: IPAddressAllow= knows no ports, so other services of the camera itself stay in reach; and DNS is not in reach, so names are
 * resolved here, once.
 */
import { CAMERA_NODE_FLAGS } from '../../agent/camera-supervisor.ts';
import { MALLOC } from '../../base/child.ts';
import { WIRE_FD } from '../../base/wire.ts';
import type { ResolvedIntake } from '../../config/intake.ts';

/** What one camera process may reach. */
export type Reach =
  | { kind: 'nothing' }
  | { kind: 'host' /** As the URL has it. */; host: string; addresses: readonly string[] }
  | { kind: 'device'; path: string };

export interface UnitsOptions {
  /** By camera name. */
  cameras: Readonly<Record<string, Reach>>;
  intakes: Readonly<Record<string, ResolvedIntake>>;
  /** Folder of the sockets. */
  sockets: string;
  /** Of Node, of `camera/process.js`, and of the folder that these files go to. */
  node: string;
  cameraProcess: string;
  dir: string;
  /** Groups that this box has: systemd refuses a unit that names one that is not there. */
  groups: ReadonlySet<string>;
}

/**
 * 1080p takes 300 to 400 MB, 4K with a second network some 900, a round of canaries 150 to 320 more; what leaks is ended, and the agent starts it anew.
 */
const CAMERA_MEMORY_MAX = '1200M';
/** Its default of 8 KiB cuts a key frame into dozens of writes. A second for what is on its way when one end is gone. */
const SOCAT = '/usr/bin/socat -b65536 -t1';

/** File names, relative to the folder of units, and their text. */
export function unitFiles(options: UnitsOptions): Map<string, string> {
  const files = new Map<string, string>();
  for (const [name, reach] of Object.entries(options.cameras)) {
    files.set(`garim-camera-${name}.socket`, socketUnit(name, options.sockets));
    files.set(`garim-camera-${name}@.service`, serviceUnit(name, reach, options));
    if (reach.kind === 'host' && isName(reach.host)) files.set(hostsFile(name), hostsOf(reach));
  }
  const devices = Object.values(options.intakes).flatMap((intake) => (intake.kind === 'serial' ? [intake.device] : []));
  if (devices.length > 0) files.set('garim.service.d/10-serial.conf', serialDropIn(devices, options.groups));
  return files;
}

function socketUnit(name: string, sockets: string): string {
  return `[Unit]
Description=Channel to the camera process of ${name}
PartOf=garim.service

[Socket]
ListenStream=${sockets}/${name}
Accept=yes
# One that is being killed, and the next.
MaxConnections=2
SocketUser=garim
SocketMode=0600
DirectoryMode=0755
RemoveOnStop=yes
`;
}

function serviceUnit(name: string, reach: Reach, options: UnitsOptions): string {
  const { node, cameraProcess } = options;
  const program = [node, '--enable-source-maps', ...CAMERA_NODE_FLAGS, cameraProcess].join(' ');
  const malloc = Object.entries(MALLOC).map(([variable, value]) => `${variable}=${value}`);
  return `[Unit]
Description=Camera process of ${name}
PartOf=garim.service
CollectMode=inactive-or-failed

[Service]
ExecStart=${SOCAT} FD:0 EXEC:"${program}",fdin=${WIRE_FD},fdout=${WIRE_FD}
StandardInput=socket
StandardOutput=journal
# libav's words may hold the camera's password.
StandardError=null
Environment=NODE_ENV=production ${malloc.join(' ')}
KillMode=control-group
SendSIGKILL=yes
TimeoutStopSec=3

User=garim-camera
Group=garim-camera
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictNamespaces=yes
KeyringMode=private

${reachOf(name, reach, options)}
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

ProtectSystem=strict
ProtectHome=read-only
InaccessiblePaths=-/etc/garim -/run/garim-cameras
PrivateTmp=yes
PrivateMounts=yes
RemoveIPC=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible

# Raw pixels must not come to rest on a disk.
LimitCORE=0
MemorySwapMax=0
MemoryMax=${CAMERA_MEMORY_MAX}
LimitNOFILE=1024
TasksMax=128
`;
}

function reachOf(name: string, reach: Reach, { dir, groups }: UnitsOptions): string {
  const member = (group: string): string => (groups.has(group) ? `SupplementaryGroups=${group}\n` : '');
  const codecs = `# Hardware encoders, and of cameras only its own.
DevicePolicy=closed
DeviceAllow=char-drm rw
${member('render')}`;
  if (reach.kind === 'host') {
    const hosts = isName(reach.host) ? `BindReadOnlyPaths=${dir}/${hostsFile(name)}:/etc/hosts\n` : '';
    return `# Its camera and nothing else.
IPAddressDeny=any
IPAddressAllow=${reach.addresses.join(' ')}
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
${hosts}${codecs}`;
  }
  const device = reach.kind === 'device' ? `DeviceAllow=${reach.path} rw\n${member('video')}` : '';
  return `# No network at all.
PrivateNetwork=yes
IPAddressDeny=any
RestrictAddressFamilies=AF_UNIX AF_NETLINK
${codecs}${device}`;
}

function serialDropIn(devices: readonly string[], groups: ReadonlySet<string>): string {
  const allowed = devices.map((device) => `DeviceAllow=${device} rw\n`).join('');
  return `[Service]\nPrivateDevices=no\nDevicePolicy=closed\n${allowed}${groups.has('dialout') ? 'SupplementaryGroups=dialout\n' : ''}`;
}

const hostsFile = (name: string): string => `garim-camera-${name}.hosts`;
const isName = (host: string): boolean => !/^[\d.]+$|:/.test(host);

function hostsOf({ host, addresses }: Extract<Reach, { kind: 'host' }>): string {
  return ['127.0.0.1 localhost', ...addresses.map((address) => `${address} ${host}`), ''].join('\n');
}
