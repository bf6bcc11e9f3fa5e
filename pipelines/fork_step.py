"""Stands where Kubeflow's local runner would start Python: has the step forked, and ends as it ends.

Runs without site-packages; whatever is no step, or finds nobody to fork it, is run by Python itself.
"""

import json
import os
import signal
import socket
import sys
import time

STEP = ["-m", "kfp.dsl.executor_main"]
PATIENCE = 30.0
"""Seconds until the process that forks is there."""


def main() -> int:
    address, python, *command = sys.argv[1:]
    server = connected(address) if command[:2] == STEP else None
    if server is None:
        os.execv(python, [python, *command])
    # Ctrl-C reaches everybody in the terminal's group; whoever runs the pipeline ends it, in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = os.getcwd()  # noqa: PTH109  pathlib takes as long to import as all the rest
    asked = {"arguments": command[2:], "environment": dict(os.environ), "folder": folder}
    message = json.dumps(asked).encode()
    socket.send_fds(server, [len(message).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(message)
    code = server.recv(16)
    if not code:
        print("The process that runs the steps was ended.", file=sys.stderr)
        return 1
    # Ended by a signal, it is negative; a shell says 128 and the signal.
    return int(code) if int(code) >= 0 else 128 - int(code)


def connected(address: str) -> "socket.socket | None":
    """None if nobody listens there."""
    until = time.monotonic() + PATIENCE
    folder = os.path.dirname(address)  # noqa: PTH120
    while os.path.isdir(folder) and time.monotonic() < until:  # noqa: PTH112
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(address)
        except OSError:
            time.sleep(0.02)
        else:
            return server
    return None


sys.exit(main())
