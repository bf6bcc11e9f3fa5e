"""Silencio: continuous training for bioacoustic classifiers."""

import os

__version__ = "0.1.0"

# OpenMP's threads spin while they wait for each other, on by default. On a machine that others use as well, each
# then waits for a thread that is not even running: training was 4.5 times slower beside two busy processes.
# It is read once, when torch loads, so it must be said before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# MLflow reads these when it is imported: what is trained here is nobody else's business, and that it made its
# tables is nobody's at all.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
