"""The record's copies, which outlive the workspace: one with every version, and a note of how far the record goes.

A line takes effect only once a copy that has it is in the registry: what the copy lacks has moved nothing.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.exceptions import MlflowException

from silencio.registry.chain import Line, faults_of, lines_of
from silencio.registry.record import PromotionRecord

NOTE = "silencio.record"
ABSENT = "RESOURCE_DOES_NOT_EXIST"


@dataclass(frozen=True)
class Note:
    """The last line that a copy has, and where that copy lies."""

    number: int
    hash: str
    run: str
    file: str

    @property
    def home(self) -> "Home":
        return Home(None, self.run, self.file.rpartition("/")[0])


@dataclass(frozen=True)
class Home:
    """Where a version's copy lies: in the files of its run."""

    number: str | None
    """Of the version; None if it is there no longer."""
    run: str
    place: str


class Copies:
    def __init__(self, client: MlflowClient, model: str) -> None:
        self._client, self._model = client, model

    def note(self) -> Note | None:
        """None as long as nothing was moved."""
        try:
            tags = self._client.get_registered_model(self._model).tags
        except MlflowException as error:
            if error.error_code == ABSENT:
                return None
            raise
        return Note(**json.loads(tags[NOTE])) if NOTE in tags else None

    def keep(self, record: PromotionRecord, line: Line, homes: Sequence[Home]) -> None:
        """The whole record with each of these versions, one at least; and the note of its last line, `line`."""
        for home in homes:
            self._client.log_artifact(home.run, str(record.path), home.place)
            if home.number:
                self._client.set_model_version_tag(
                    self._model, home.number, NOTE, f"{line.number} {line.hash}"
                )
        home = homes[0]
        note = Note(line.number, line.hash, home.run, f"{home.place}/{record.path.name}")
        self._client.set_registered_model_tag(self._model, NOTE, json.dumps(asdict(note)))

    def fetch(self, note: Note) -> bytes | None:
        """The copy that the note names; None if it is not there, or is not what the note says."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                came = download_artifacts(
                    run_id=note.run,
                    artifact_path=note.file,
                    dst_path=folder,
                    tracking_uri=self._client.tracking_uri,
                )
            except MlflowException as error:
                if error.error_code != ABSENT and error.get_http_status_code() != 404:
                    raise
                return None
            except FileNotFoundError:
                return None
            content = Path(came).read_bytes()
        # It is sent before the note: it may have a line more.
        known = not faults_of(content, note.file) and any(
            (line.number, line.hash) == (note.number, note.hash) for line in lines_of(content)
        )
        return content if known else None
