#!/bin/bash
# Goal: the Debian package does on a real systemd what deploy/OPERATIONS.md promises: installed with one command it serves a filtered feed, camera
# processes reach their camera and nothing else, no raw path outlives the agent, an upgrade keeps everything, a purge removes what it was
# asked to. Method: runs inside test/deploy/box.sh, with a camera of its own in a network namespace; each step is timed. Counts are
# printed as the test runner prints them.
#
#   test/deploy/package.sh FOLDER-OF-PACKAGES
set -uo pipefail

. "$(dirname "$0")/checks.sh"

password=
packages=$(realpath "$1")
started=$SECONDS

reaches() { timeout 2 bash -c ': > "/dev/tcp/$0/$1"' "$1" "$2" 2> /dev/null; }

frame_of() { # NAME: one picture of a filtered feed, decoded by a player that is not ours
  timeout 20 ffmpeg -nostdin -v error -rtsp_transport tcp -i "rtsp://garim:$password@127.0.0.1:8554/$1" \
    -frames:v 1 -f rawvideo -y "/tmp/$1.raw" && [ -s "/tmp/$1.raw" ]
}
state_of() { # NAME: what the agent says of a camera
  curl -sf -u "garim:$password" http://127.0.0.1:8080/api/cameras |
    /usr/lib/garim-node/bin/node -e 'const s = JSON.parse(require("fs").readFileSync(0, "utf8")).cameras.find((c) => c.name === process.argv[1]);
      console.log(s?.health?.state)' "$1"
}
is_live() { [ "$(state_of "$1")" = live ]; }
camera_unit() { systemctl list-units --plain --no-legend --state=running "garim-camera-$1@*.service" | awk 'NR == 1 { print $1 }'; }
camera_pid() { # NAME: of the process behind socat
  pgrep -P "$(systemctl show -P MainPID "$(camera_unit "$1")")"
}
# in_unit UNIT COMMAND...: in the control group of the unit, where systemd's filter holds, as its user.
in_unit() {
  local group
  group=/sys/fs/cgroup$(systemctl show -P ControlGroup "$1")
  shift
  (echo "$BASHPID" > "$group/cgroup.procs" && exec setpriv --reuid garim-camera --regid garim-camera --clear-groups "$@")
}

echo '--- A clean machine to a filtered feed'
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q --no-install-recommends "$packages"/*.deb > /tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }
took 'apt install (1 command)'
check 'the service is up' systemctl -q is-active garim
first_password() { password=$(journalctl -u garim -o cat --no-pager | sed -n 's/^Password  //p' | head -1) && [ -n "$password" ]; }
check 'the first user is shown once, in the journal' within 30 first_password
took 'user and password (1 command)'
check 'a frame of the filtered feed can be pulled' within 60 frame_of street
took 'first frame'
steps+=("$(printf '%6.1f s  = from nothing to a filtered feed, 2 commands' "$((SECONDS - started))")")
echo "in $((SECONDS - started)) s from nothing to a filtered feed"

check 'garim doctor has nothing that fails' runuser -u garim -- garim doctor --config /etc/garim/garim.yaml
took 'doctor'
loads_all() ( cd /usr/lib/garim && /usr/lib/garim-node/bin/node --input-type=module - < /checkout/test/deploy/loads.mjs )
check 'nothing that was pruned is missed' loads_all
check 'the agent runs as garim' test "$(stat -c %U "/proc/$(systemctl show -P MainPID garim)")" = garim
check 'the camera process runs as garim-camera' test "$(stat -c %U "/proc/$(camera_pid street)")" = garim-camera
check 'a camera process is no child of the agent' refuses pgrep -P "$(systemctl show -P MainPID garim)" -f camera/process.js

echo '--- Confinement'
ip netns add street
ip link add box0 type veth peer name cam0 netns street
ip addr add 10.77.0.1/24 dev box0
ip link set box0 up
ip -n street addr add 10.77.0.2/24 dev cam0
ip -n street addr add 10.77.0.3/24 dev cam0
ip -n street link set cam0 up
ip -n street link set lo up
# A camera of another make: MJPEG over HTTP, one client at a time. And a stranger, who takes all connections and notes datagrams.
(while :; do
  ip netns exec street ffmpeg -nostdin -v quiet -re -f lavfi -i testsrc=size=640x360:rate=10 -c:v mjpeg -f mpjpeg -listen 1 http://10.77.0.2:8081/cam
done) > /dev/null 2>&1 &
ip netns exec street socat TCP-LISTEN:9000,bind=10.77.0.3,fork,reuseaddr /dev/null &
ip netns exec street socat -u UDP-RECV:9000,bind=10.77.0.3 OPEN:/tmp/datagrams,creat,append &
cat > /etc/garim/garim.yaml << 'YAML'
cameras:
  street: { source: simulated }
  gate: { source: 'http://10.77.0.2:8081/cam' }
state: /var/lib/garim
YAML
systemctl restart garim
check 'the camera on the network is live' within 60 is_live gate
check 'and its feed can be pulled' within 20 frame_of gate
took 'a camera added'
gate=$(camera_unit gate)
check 'from the box the stranger can be reached (or the next lines would prove nothing)' reaches 10.77.0.3 9000
check 'from the camera process its camera can be reached' in_unit "$gate" bash -c 'timeout 2 bash -c ": > /dev/tcp/10.77.0.2/8081" || [ $? -eq 1 ]'
check 'from the camera process the stranger cannot, over TCP' refuses in_unit "$gate" timeout 2 bash -c ': > /dev/tcp/10.77.0.3/9000'
echo control > /dev/udp/10.77.0.3/9000
in_unit "$gate" bash -c 'echo raw > /dev/udp/10.77.0.3/9000' 2> /dev/null
sleep 0.5
check 'nor over UDP' test "$(cat /tmp/datagrams)" = control
check 'nor the box itself' refuses in_unit "$gate" timeout 2 bash -c ': > /dev/tcp/127.0.0.1/8080'
pid=$(camera_pid gate)
street=$(camera_pid street)
check 'a camera that needs no network has none' test "$(nsenter -t "$street" -n ip -o link | grep -cv ' lo:')" -eq 0
check 'it cannot read the configuration' refuses nsenter -t "$pid" -m setpriv --reuid garim-camera --regid garim-camera --clear-groups cat /etc/garim/garim.yaml
check 'nor the users' refuses nsenter -t "$pid" -m setpriv --reuid garim-camera --regid garim-camera --clear-groups cat /var/lib/garim/users.json
check 'nor write anywhere but its /tmp' test "$(nsenter -t "$pid" -m setpriv --reuid garim-camera --regid garim-camera --clear-groups \
  find / -xdev -type d -writable -not -path '/proc/*' -not -path '/tmp*' -not -path '/var/tmp*' -not -path '/dev/*' 2> /dev/null | wc -l)" -eq 0
check 'it dumps no core' grep -qE '^Max core file size +0 +0' "/proc/$pid/limits"
check 'it filters system calls' grep -q '^Seccomp:[[:space:]]*2' "/proc/$pid/status"
check 'it has no capability' grep -qE '^CapBnd:[[:space:]]*0+$' "/proc/$pid/status"
check 'the agent has no device' test "$(nsenter -t "$(systemctl show -P MainPID garim)" -m find /dev -xdev -type b | wc -l)" -eq 0
took 'what it can reach'

echo '--- The setup page: where only root writes the configuration, sets the clock and starts units'
# Nothing here may touch this machine's clock, which the box shares: in the place of the time service stands one that does nothing.
printf '[Service]\nExecStart=/bin/sleep infinity\n' > /run/systemd/system/systemd-timesyncd.service
ln -sf /run/systemd/system/systemd-timesyncd.service /etc/systemd/system/systemd-timesyncd.service
systemctl daemon-reload
systemctl start systemd-timesyncd
time_service=$(systemctl show -P MainPID systemd-timesyncd)
ip netns exec street /usr/lib/garim-node/bin/node -e '
  const socket = require("node:dgram").createSocket("udp4");
  socket.on("message", (request, { port, address }) => {
    const answer = Buffer.alloc(48);
    answer[0] = 0b00100100;
    answer[1] = 2;
    request.copy(answer, 24, 40, 48);
    for (const at of [32, 40]) answer.writeUInt32BE(Math.floor(Date.now() / 1000) + 2208988800, at);
    socket.send(answer, port, address);
  });
  socket.bind(123, "10.77.0.2");' &
drop_in=/etc/systemd/timesyncd.conf.d/50-garim.conf
setup() { curl -s -u "garim:$password" -d "$2" "http://127.0.0.1:8080/api/setup/$1"; }
named() { setup time "{\"server\":\"$1\"}"; }
serves_time() { ip netns exec street ss -Huln '( sport = :123 )' | grep -q .; }
within 20 serves_time
check 'one that does not answer is refused' grep -q "can't be asked\|does not answer" <<< "$(named 10.77.0.3)"
check 'and changes nothing' refuses test -e "$drop_in"
followed() { named 10.77.0.2 | grep -q '"isTaken":true'; }
check 'one that answers is followed' within 30 followed
check 'the time service is told so' grep -qx 'NTP=10.77.0.2' "$drop_in"
check 'and was started again' test "$(systemctl show -P MainPID systemd-timesyncd)" != "$time_service"
printf '10.77.0.9\nFallbackNTP=10.77.0.9\n' > /var/lib/garim/time/server
refused() { journalctl -u garim-time -o cat --no-pager | grep -q 'write one host name'; }
check 'what is no name is refused' within 20 refused
check 'and does not get there' refuses grep -q 10.77.0.9 "$drop_in"
check 'a certificate is made, and it is said what to write as root' grep -q 'write as root: http: { tls:' <<< "$(setup certificate '{"kind":"own"}')"
check 'it lies there' test -s /var/lib/garim/tls/box.key
check 'the configuration is untouched' refuses grep -q tls /etc/garim/garim.yaml
typed='{"current":"'$password'","name":"garim","password":"typed-on-site-1"}'
check 'the first user takes another password' grep -q '"name":"garim"' <<< "$(setup user "$typed")"
check 'the one that was made is out' refuses curl -sf -u "garim:$password" http://127.0.0.1:8080/api/cameras
password=typed-on-site-1
check 'the new one is in, for feeds too' frame_of gate
took 'clock, certificate and user'

echo '--- The agent is killed; one camera process is stuck'
agent=$(systemctl show -P MainPID garim)
kill -STOP "$street"
kill -KILL "$agent"
gone() { local p; for p in "$@"; do [ ! -e "/proc/$p" ] || return 1; done; }
check 'no camera process outlives it' within 10 gone "$pid" "$street"
check 'it comes back by itself' within 60 is_live gate
took 'killed and back'
kill -KILL "$(camera_pid gate)"
check 'a killed camera process comes back' within 60 is_live gate
took 'camera process killed and back'

echo '--- The agent hangs'
mkdir -p /run/systemd/system/garim.service.d
printf '[Service]\nWatchdogSec=15\n' > /run/systemd/system/garim.service.d/50-watchdog.conf
systemctl daemon-reload
systemctl restart garim
check 'its feed is live' within 60 is_live gate
step_started=$EPOCHREALTIME
sleep 16
hung=$(systemctl show -P MainPID garim)
check 'one that works is left alone' test "$(systemctl show -P NRestarts garim)" -eq 0
kill -STOP "$hung"
is_other() { local now; now=$(systemctl show -P MainPID garim) && [ "$now" -gt 1 ] && [ "$now" != "$hung" ]; }
by_watchdog() { [ "$(systemctl show -P Result garim)" = watchdog ]; }
check 'one whose loop stands still is killed by the watchdog' within 30 by_watchdog
check 'and started again' within 30 is_other
check 'and its feed is live' within 60 is_live gate
rm /run/systemd/system/garim.service.d/50-watchdog.conf
systemctl daemon-reload
took 'a hung agent, and back (watchdog of 15 s; 60 s as installed)'
check 'logs have a bound' bash -c 'systemd-analyze cat-config systemd/journald.conf | grep -q ^SystemMaxUse=200M'
check 'which is in force' bash -c 'journalctl -u systemd-journald -o cat --no-pager | grep -qE "max (200|32)\.0M"'

echo '--- Upgrade'
users=$(sha256sum /var/lib/garim/users.json)
dpkg-deb -R "$packages"/garim_*.deb /tmp/next
sed -i -E 's/^(Version: .*)$/\1+next/' /tmp/next/DEBIAN/control
dpkg-deb --root-owner-group -Znone --build /tmp/next /tmp/next.deb > /dev/null
rm -rf /tmp/next
step_started=$EPOCHREALTIME
apt-get install -y -q --no-install-recommends /tmp/next.deb > /tmp/apt.log 2>&1 || cat /tmp/apt.log
check 'the new version is installed' grep -q '+next$' <(dpkg-query -W -f '${Version}\n' garim)
check 'users are as they were' test "$users" = "$(sha256sum /var/lib/garim/users.json)"
check 'the configuration is as it was' grep -q 10.77.0.2 /etc/garim/garim.yaml
check 'the feed is back' within 60 is_live gate
took 'upgrade to a live feed'

echo '--- A signed release, one that fails, one that is interrupted, one that is older'
mkdir /tmp/releases && cd /tmp/releases || exit 1
garim policy keygen --out city > /dev/null
garim policy keygen --out stranger > /dev/null
# variant NAME COMMAND: the package as another version, changed by the command in its tree.
variant() {
  dpkg-deb -R "$packages"/garim_*.deb tree
  sed -i -E "s/^(Version: .*)\$/\1+$1/" tree/DEBIAN/control
  (cd tree && eval "$2")
  dpkg-deb --root-owner-group -Znone --build tree "garim_$1.deb" > /dev/null
  rm -rf tree
}
variant first true
variant broken 'echo "process.exit(1);" > usr/lib/garim/dist/edge/main.js'
variant second true
for release in 'first 1' 'broken 2' 'second 3'; do
  set -- $release
  garim update seal "garim_$1.deb" --sequence "$2" --key city --out "$1.json" > /dev/null
done
garim update seal garim_second.deb --sequence 9 --key stranger --out stranger.json > /dev/null
apply() { garim update apply "$1.json" --trust city.pub; }
version_is() { [[ $(dpkg-query -W -f '${Version}' garim) == *+"$1" ]]; }
step_started=$EPOCHREALTIME
check 'the first release is taken' apply first
check 'its feed is live' within 60 is_live gate
took 'first release'
check 'a release of a stranger is refused' refuses apply stranger
check 'a release that fails is returned from' refuses apply broken
check 'what was before is in force' version_is first
check 'its feed is live' within 60 is_live gate
took 'a release that fails, and back'
setsid garim update apply broken.json --trust city.pub > /tmp/interrupted.log 2>&1 &
cut=$!
within 60 version_is broken
kill -KILL -- "-$cut" # dpkg, too
check 'a release that is cut off leaves its way back' test -e /var/lib/garim-releases/return.sh
systemctl stop garim
systemctl start --no-block garim-return
gone_back() { version_is first && [ ! -e /var/lib/garim-releases/return.sh ]; }
check 'which the next start takes, once' within 60 gone_back
check 'and leaves no package half installed' test "$(dpkg-query -W -f '${Status}' garim)" = 'install ok installed'
systemctl daemon-reload
systemctl start garim
check 'its feed is live' within 60 is_live gate
took 'an interrupted release, and back'
check 'a good release is kept' apply second
check 'it is in force' version_is second
took 'good release'
check 'an older one is refused, though it is signed' refuses apply first
cp garim_first.deb garim_second.deb
check 'a package that is not the signed one is refused' refuses garim update apply second.json --trust city.pub --store /tmp/other
cd /

echo '--- Purge'
apt-get purge -y -q garim > /tmp/apt.log 2>&1 || cat /tmp/apt.log
check 'nothing runs' refuses pgrep -f /usr/lib/garim/
check 'the configuration and its secrets are gone' refuses test -e /etc/garim
check 'the record is kept unless asked' test -e /var/lib/garim/users.json
check 'no unit is left' refuses compgen -G '/run/systemd/system/garim*'
check 'nor the time server' refuses test -e "$drop_in"
apt-get install -y -q --no-install-recommends "$packages"/garim_*.deb > /tmp/apt.log 2>&1 || cat /tmp/apt.log
echo 'garim garim/purge-data boolean true' | debconf-set-selections
apt-get purge -y -q garim garim-node > /tmp/apt.log 2>&1 || cat /tmp/apt.log
check 'the record is gone when asked' refuses test -e /var/lib/garim
check 'and its users' refuses getent passwd garim garim-camera
check 'and its program' refuses test -e /usr/lib/garim
took 'purged twice'

printf '\nSteps on %s cores, load %s:\n' "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
printf '%s\n' "${steps[@]}"
if [ "$fail" -gt 0 ]; then journalctl --no-pager -o short-monotonic -n 120 | cut -c1-220; fi
counted
