"""python -m silencio.monitoring.runner FOLDER TRAINING COMMAND…

The process around a training that a watcher asked for: it writes down that it began and how it ended. Every file that
it was given open, the lock among them, stays open in the command, so that the lock is held until that is over, too.
"""

import subprocess
import sys
from pathlib import Path

from silencio.monitoring.memory import Memory


def run(folder: Path, training: str, command: list[str]) -> int:
    memory = Memory(folder)
    memory.begin(training)
    # The lock is one of the open files; the command must hold it, should this process be killed.
    ended = subprocess.run(command, check=False, close_fds=False)
    memory.end(training, ended.returncode)
    return ended.returncode


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
