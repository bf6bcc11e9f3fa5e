"""Silencio: continuous training for bioacoustic classifiers."""

import os

__version__ = "0.1.0"

# OpenMP's threads spin while they wait for each other, and by default for so long that beside other work each waits
# for a thread that is not even running; threads that do not spin at all are slow on a quiet machine. This is between
# (benchmarks/busy_machine.py). It is read once, when torch loads, so it must be said before.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")

# MLflow reads these when it is imported: what is trained here is nobody else's business, and that it made its
# tables is nobody's at all.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")

# A server that is away is asked again by registry/postman.py, which keeps what there is to say until then; MLflow's
# own seven times would take four minutes, in which nobody learns that it is back.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
