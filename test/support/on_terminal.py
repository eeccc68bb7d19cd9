"""Runs a command on a terminal of its own, as somebody who waits for a text and then types.

usage: on_terminal.py '[["text to wait for", "what to type"], ...]' COMMAND [ARGUMENT ...]
Prints the transcript without control sequences, and ends with the command's exit code; 99 when a text did not come in time.
"""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

WAIT_S_MAX = 60

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))


def read():
    """What came within a fifth of a second; None at the end."""
    if not select.select([terminal], [], [], 0.2)[0]:
        return ""
    try:
        return os.read(terminal, 4096).decode("utf8", "replace") or None
    except OSError:
        return None


def without_controls(text):
    """Also without one that is only half there: what was found must keep its place."""
    return re.sub(r"\x1b(\[[0-9;?]*([A-Za-z]|$)|$)", "", text)


transcript, seen, is_over, is_late = "", 0, False, False
for awaited, typed in steps + [[None, ""]]:
    until = time.monotonic() + WAIT_S_MAX
    while not is_over:
        plain = without_controls(transcript)
        if awaited is not None and awaited in plain[seen:]:
            seen = plain.index(awaited, seen) + len(awaited)
            time.sleep(0.3)  # a prompt listens a moment after it is drawn
            os.write(terminal, typed.encode())
            break
        is_late = time.monotonic() > until
        part = read()
        is_over = part is None or is_late
        transcript += part or ""
if is_late:
    os.kill(pid, signal.SIGKILL)
_, status = os.waitpid(pid, 0)
sys.stdout.write(without_controls(transcript))
sys.exit(99 if is_late else os.waitstatus_to_exitcode(status))
