#!/bin/bash
# A throwaway box: this machine's files under an overlay, with a real systemd as first process and a network of its own. What is installed,
# started and broken in it leaves nothing behind. As root:
#
#   test/deploy/box.sh FILE [ARGUMENT...]     runs FILE inside, and ends the box with it
#
# Inside, /checkout is this checkout (read-only), and the box reaches nothing but what it builds in its own network. Not as on a real box: the
# kernel's controllers may be taken by this machine, so that MemoryMax= is accepted and not held.
set -euo pipefail

if [ "${1:-}" = --inside ]; then
  root=$2
  mount --make-rprivate /
  mount -t tmpfs -o size=4G,mode=755 garim-box "$root"
  mkdir "$root"/{upper,work,merged}
  mount -t overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" overlay "$root/merged"
  cd "$root/merged"
  mkdir -p checkout
  mount --bind "$3" checkout && mount -o remount,bind,ro checkout
  mount -t proc proc proc
  mount -t sysfs -o ro sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mount -t tmpfs -o mode=755,nosuid dev dev
  for device in null zero full random urandom tty; do
    : > "dev/$device" && mount --bind "/dev/$device" "dev/$device"
  done
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd && ln -s fd/0 dev/stdin && ln -s fd/1 dev/stdout && ln -s fd/2 dev/stderr
  mount -t tmpfs -o mode=1777 shm dev/shm
  mount -t tmpfs -o mode=755 run run
  mount -t tmpfs -o mode=1777 tmp tmp
  # What this machine has of its own to start is not asked for, nor a container image's word against starting services.
  rm -rf etc/systemd/system/*.wants etc/machine-id usr/sbin/policy-rc.d
  echo 00000000000000000000000000000001 > etc/machine-id
  mkdir -p run/systemd/system
  pivot_root . mnt
  umount -l mnt
  cd /
  exec env -i container=garim-box PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=multi-user.target \
    --log-target=null < /dev/null
fi

checkout=$(realpath "$(dirname "$0")/../..")
root=$(mktemp -d)
group=/sys/fs/cgroup/unified
[ -d "$group" ] || group=/sys/fs/cgroup
group=$group/garim-box.$$
mkdir "$group"
box=
finish() {
  if [ -n "$box" ]; then kill -KILL "$box" 2> /dev/null || true; fi
  wait 2> /dev/null || true
  for _ in $(seq 50); do
    find "$group" -depth -type d -exec rmdir {} + 2> /dev/null && break
    sleep 0.1
  done
  rm -f "$root.log"
  rmdir "$root" 2> /dev/null || true
}
trap finish EXIT
trap 'exit 130' INT TERM

(
  echo "$BASHPID" > "$group/cgroup.procs"
  exec unshare --mount --pid --fork --uts --ipc --net --cgroup --kill-child "$0" --inside "$root" "$checkout" 2> "$root.log"
) &
unshare=$!
for _ in $(seq 100); do
  box=$(pgrep -P "$unshare" || true)
  [ -n "$box" ] && nsenter -t "$box" -a -- systemctl is-system-running 2> /dev/null | grep -qE 'running|degraded' && break
  sleep 0.2
done
if ! nsenter -t "$box" -a -- systemctl is-system-running | grep -qE 'running|degraded'; then
  echo 'the box does not boot here' >&2
  cat "$root.log" >&2
  nsenter -t "$box" -a -- systemctl list-jobs >&2 || true
  exit 77
fi
nsenter -t "$box" -a -- ip link set lo up
nsenter -t "$box" -a -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
  bash -c 'cd /checkout && exec "$@"' bash "$@"
