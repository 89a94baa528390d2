"""Runs a command that does not outlive the process that asked for it, even when that one is killed.

    python -m cli.tether PARENT_PID COMMAND...

A poll of the parent's id works the same on Linux and macOS and needs no code between fork and exec.
"""

import os
import signal
import subprocess
import sys

_POLL_S = 0.5
_GRACE_S = 10.0


def main(arguments: list[str]) -> int:
    parent, command = int(arguments[0]), arguments[1:]
    # What is ignored is inherited: a shell's background job would hand on a deaf ear to both.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    child = subprocess.Popen(command)

    def stop(*_: object) -> None:
        child.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while os.getppid() == parent:
        try:
            return child.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            continue
    child.terminate()
    try:
        return child.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
