"""`silencio pipeline submit` and its companions: the command in a process of its own, a server on this machine."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner

from pipelines.cli import pipeline
from pipelines.compiled import compiled
from pipelines.platform.answers import Run
from pipelines.platform.report import report
from pipelines.platform.running import start
from pipelines.platform.uploads import upload
from silencio.errors import SilencioError, WrongUse
from tests.conftest import ROOT, silencio
from tests.pipelines.conftest import reach
from tests.pipelines.kubeflow_server import Kubeflow, Script, until

SUMMARY = "# The report\n\n| gate | verdict |\n|---|---|\n| mAP | pass |\n"
SITE = {
    "SILENCIO_IMAGE": "registry.example/steps@sha256:1",
    "SILENCIO_KUBEFLOW_VOLUME": "reserve",
    "NO_PROXY": "127.0.0.1",
}
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    """Speaks S3; has a bucket `reserve`."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    put(f"{address}/reserve")
    yield address
    server.stop()


def put(address: str, content: str = "") -> None:
    asked = urllib.request.Request(address, content.encode(), {"Content-Type": "text/plain"}, method="PUT")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=30):
        pass


def begun(kubeflow: Kubeflow) -> Run:
    client = reach(kubeflow)
    return start(client, upload(client, compiled()), "demo", {"experiment": "", "workspace": "/w"})


def test_a_training_is_sent_followed_and_its_report_fetched(
    kubeflow: Kubeflow, storage: str, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("sesame\n")
    kubeflow.script = Script(("survey", "ingest", "retrain"))
    kubeflow.token = "sesame"
    kubeflow.fault("late drop", "POST /apis/v2beta1/runs$")
    # The first run that the server makes; how Kubeflow names what lies in its store.
    home = "reserve/runs/continuous-training/run-00000004/evaluate/0f3c"
    put(f"{storage}/{home}/summary", SUMMARY)
    put(f"{storage}/{home}/page", "<html></html>")
    done = silencio(
        *("pipeline", "submit", "demo", "--set", "training.epochs=3", "--wait"),
        *("--host", f"{kubeflow.address}/", "--token-file", str(token)),
        workspace=tmp_path,
        SILENCIO_KUBEFLOW_PIPELINE_ROOT="s3://reserve/runs",
        AWS_ENDPOINT_URL=storage,
        AWS_ALLOW_HTTP="true",
        **SITE,
        **KEYS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [run] = kubeflow.runs.values()
    given = run["runtime_config"]["parameters"]
    assert (given["workspace"], given["feedback"]) == ("/workspace", True)
    assert "epochs: 3" in given["experiment"]
    assert f"page\t{kubeflow.address}/#/runs/details/{run['run_id']}" in done.stdout
    assert "✓ retrain" in done.stdout
    assert "≡ ingest" in done.stdout
    assert f"report\ts3://{home}/summary" in done.stdout
    assert f"report\ts3://{home}/page" in done.stdout
    assert SUMMARY in done.stdout
    assert not list(tmp_path.glob("workspace*"))


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        (Script(("survey", "evaluate", "refuse-3")), 1, "A gate said no: offline evaluation. See http"),
        (
            Script(("survey",), run="FAILED", last="FAILED", error="Evicted"),
            3,
            "survey broke: Evicted. See http",
        ),
    ],
    ids=["refused", "broken"],
)
def test_the_exit_code_is_the_gates(
    kubeflow: Kubeflow, tmp_path: Path, script: Script, code: int, said: str
) -> None:
    kubeflow.script = script
    run = begun(kubeflow)
    done = silencio("pipeline", "follow", run.id, "--host", kubeflow.address, workspace=tmp_path, **SITE)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stderr
    assert "set SILENCIO_KUBEFLOW_PIPELINE_ROOT" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("cancel", [False, True], ids=["alone", "with the run"])
def test_ctrl_c_ends_the_following_and_the_run_only_if_asked(
    kubeflow: Kubeflow, tmp_path: Path, cancel: bool
) -> None:
    kubeflow.script = Script(looks=1000)
    run = begun(kubeflow)
    following = subprocess.Popen(
        [
            *(sys.executable, "-m", "silencio", "pipeline", "follow", run.id, "--host", kubeflow.address),
            *(["--cancel-on-interrupt"] if cancel else []),
        ],
        cwd=ROOT,
        env={**os.environ, **SITE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: kubeflow.looked.get(run.id, 0) > 1, 120)
    following.send_signal(signal.SIGINT)
    _, said = following.communicate(timeout=120)
    assert following.returncode == 130
    assert kubeflow.runs[run.id]["state"] == ("CANCELED" if cancel else "RUNNING")
    assert ("is told to stop" if cancel else f"silencio pipeline follow {run.id}") in said


def call(kubeflow: Kubeflow, *words: str) -> str:
    """What the command prints, called in this process. Its errors come through."""
    done = CliRunner().invoke(
        pipeline, [*words, "--host", kubeflow.address], catch_exceptions=False, standalone_mode=False
    )
    return done.output


@pytest.fixture
def _at_a_site(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SITE.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_at_a_site")
def test_without_waiting_the_way_to_follow_is_shown(kubeflow: Kubeflow) -> None:
    said = call(kubeflow, "submit", "demo")
    [run] = kubeflow.runs
    assert f"follow\tsilencio pipeline follow {run}" in said


@pytest.mark.usefixtures("_at_a_site")
def test_schedules_are_made_listed_and_ended(kubeflow: Kubeflow) -> None:
    said = call(kubeflow, "schedule", "demo", "--cron", "30 3 * * *", "--name", "nightly", "--pause")
    assert "when\tcron 0 30 3 * * *\nnow\trests" in said
    call(kubeflow, "schedule", "demo", "--every", "24h")
    listed = call(kubeflow, "schedules").splitlines()
    assert listed[0].startswith("schedule\twhen\tnow")
    assert [line.split("\t")[:3] for line in listed[1:]] == [
        ["nightly", "cron 0 30 3 * * *", "rests"],
        ["silencio", "every 24 h", "goes on"],
    ]
    assert "nightly is no longer scheduled: cron 0 30 3 * * *." in call(kubeflow, "unschedule", "nightly")
    assert len(kubeflow.recurring) == 1


@pytest.mark.usefixtures("_at_a_site")
def test_a_schedule_trains_where_there_is_a_reason_unless_told_to_train_always(kubeflow: Kubeflow) -> None:
    assert "trains\tif there is a reason\n" in call(kubeflow, "schedule", "demo", "--every", "24h")
    assert "trains\talways\n" in call(
        kubeflow, "schedule", "demo", "--every", "7d", "--always", "--name", "weekly"
    )
    versions = {
        made["display_name"]: kubeflow.versions[made["pipeline_version_reference"]["pipeline_version_id"]][
            "name"
        ]
        for made in kubeflow.recurring.values()
    }
    assert versions["silencio"].startswith("watching-")
    assert versions["weekly"].startswith("continuous-training-")


@pytest.mark.usefixtures("_at_a_site")
def test_what_is_sent_once_trains_unless_it_is_to_watch_first(kubeflow: Kubeflow) -> None:
    assert "version\tcontinuous-training-" in call(kubeflow, "submit", "demo")
    assert "version\twatching-" in call(kubeflow, "submit", "demo", "--if-needed")


@pytest.mark.usefixtures("_at_a_site")
@pytest.mark.parametrize("rhythm", [(), ("--cron", "30 3 * * *", "--every", "24h")])
def test_a_schedule_has_one_rhythm(kubeflow: Kubeflow, rhythm: tuple[str, ...]) -> None:
    with pytest.raises(WrongUse, match="Say either --cron or --every"):
        call(kubeflow, "schedule", *rhythm)


@pytest.mark.usefixtures("_at_a_site")
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SILENCIO_IMAGE", "", r"image is not named\..*SILENCIO_IMAGE by its digest"),
        ("SILENCIO_IMAGE", "steps:latest", r"steps:latest has no digest.*a tag may change"),
        ("SILENCIO_KUBEFLOW_VOLUME", "", r"share no workspace\..*SILENCIO_KUBEFLOW_VOLUME"),
    ],
)
def test_what_could_not_run_there_is_not_sent(
    kubeflow: Kubeflow, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongUse, match=said):
        call(kubeflow, "submit", "demo")
    assert kubeflow.asked == []


def test_a_report_that_cannot_be_read_from_here_says_why(
    kubeflow: Kubeflow, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": storage, "AWS_ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(name, value)
    run, spec = begun(kubeflow), compiled().documents[0]
    with pytest.raises(SilencioError, match="set SILENCIO_KUBEFLOW_PIPELINE_ROOT"):
        report(run, spec, None)
    with pytest.raises(SilencioError, match=r"under minio://elsewhere/.* cannot be read from here: .*AWS_"):
        report(run, spec, "minio://elsewhere/runs")
    with pytest.raises(SilencioError, match="cannot be read from here"):
        report(run, spec, "nothing")
    assert report(run, spec, "s3://reserve/nothing-here").addresses == ()
