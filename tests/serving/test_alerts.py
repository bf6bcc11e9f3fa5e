"""Each alert fires when it should, does not when it need not, and says what to do: promtool is the judge."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "k8s/base/monitoring"
PROMTOOL = shutil.which("promtool")
ON_A = 'job="silencio", instance="a"'

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="needs promtool (apt-get install prometheus)")


@dataclass(frozen=True)
class Case:
    """Two lives of a service, `a` and `b` being its instances: one that is cause for alarm, and one that is not."""

    alert: str
    alarming: dict[str, str]
    harmless: dict[str, str]
    after: str = "30m"
    step: str = "1m"


def requests(status: str, counts: str) -> dict[str, str]:
    return {f'silencio_requests_total{{{ON_A}, route="/v1/identify", status="{status}"}}': counts}


def whole(under_a_fifth: str, under_half: str) -> dict[str, str]:
    """A histogram of whole requests, in seconds."""
    name = f'silencio_stage_seconds_bucket{{{ON_A}, stage="whole", le="%s"}}'
    return {name % "0.2": under_a_fifth, name % "0.5": under_half, name % "+Inf": under_half}


def model(instance: str, digest: str, track: str = "production") -> dict[str, str]:
    return {f'silencio_model_info{{instance="{instance}", track="{track}", digest="{digest}"}}': "1+0x60"}


def confidence(mean_before: float, mean_after: float) -> dict[str, str]:
    """Fifty recordings an hour, for nine days of which the last is another."""
    before, after, hours = 50 * mean_before, 50 * mean_after, 8 * 24
    return {
        "silencio_confidence_sum": f"0+{before}x{hours} {before * hours}+{after}x24",
        "silencio_confidence_count": f"0+50x{9 * 24}",
    }


def feedback(right: str, corrected: str) -> dict[str, str]:
    return {
        'silencio_feedback_total{verdict="right"}': right,
        'silencio_feedback_total{verdict="species"}': corrected,
    }


def heard(species: str) -> dict[str, str]:
    """Of a species; recordings come all the while, ten every ten minutes."""
    return {
        'silencio_species_heard_total{code="frogli1"}': species,
        'silencio_stage_seconds_count{stage="whole"}': "0+10x600",
    }


def queue(windows: int) -> dict[str, str]:
    return {"silencio_queue_windows": f"{windows}+0x60", "silencio_queue_limit_windows": "1024+0x60"}


UP = f"up{{{ON_A}}}"
CASES = [
    Case("SilencioDown", {UP: "1+0x25 0+0x10"}, {UP: "1+0x29 0+0x10"}),
    Case("SilencioGone", {UP: "1+0x9 _x30"}, {UP: "1+0x24 _x30"}),
    Case(
        "SilencioErrors",
        requests("200", "0+100x60") | requests("500", "0+2x60"),
        requests("200", "0+100x60") | requests("500", "0+0.5x60") | requests("422", "0+50x60"),
    ),
    Case("SilencioSlow", whole("0+80x60", "0+100x60"), whole("0+97x60", "0+100x60")),
    Case("SilencioQueueFills", queue(700), queue(400)),
    Case(
        "SilencioTurnsAway",
        {'silencio_turned_away_total{instance="a", reason="full"}': "0+12x60"},
        {
            'silencio_turned_away_total{instance="a", reason="full"}': "0+3x60",
            'silencio_turned_away_total{instance="a", reason="draining"}': "0+12x60",
        },
    ),
    Case(
        "SilencioMemoryGrows",
        {f"process_resident_memory_bytes{{{ON_A}}}": "600e6+2e6x150"},
        {f"process_resident_memory_bytes{{{ON_A}}}": "800e6+0.1e6x150"},
        after="24h",
        step="10m",
    ),
    Case(
        "SilencioModelRefused",
        {'silencio_models_refused_total{instance="a"}': "0+0x20 1+0x20"},
        {'silencio_models_refused_total{instance="a"}': "0+0x5 1+0x40"},
    ),
    Case(
        "SilencioModelsDiffer",
        model("a", "1f") | model("b", "2e"),
        model("a", "1f") | model("b", "2e", track="canary"),
    ),
    Case(
        "SilencioNobodyAsks",
        {"silencio_confidence_count": "0+1x90 90+0x200"},
        {"silencio_confidence_count": "0+1x300"},
        after="18h",
        step="5m",
    ),
    Case("SilencioSpeciesVanished", heard("0+1x288 288+0x300"), heard("0+1x600"), after="74h", step="10m"),
    Case("SilencioConfidenceFell", confidence(0.8, 0.5), confidence(0.8, 0.7), after="215h", step="1h"),
    Case(
        "SilencioGuidesDisagree",
        feedback("0+1x200", "0+3x200"),
        feedback("0+3x200", "0+1x200"),
        after="30h",
        step="10m",
    ),
]


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@needs_promtool
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_an_alert_fires_when_it_should(case: Case, tmp_path: Path) -> None:
    _judge(case, case.alarming, {case.alert}, tmp_path)


@needs_promtool
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_an_alert_is_quiet_when_there_is_no_cause(case: Case, tmp_path: Path) -> None:
    _judge(case, case.harmless, set(), tmp_path)


@needs_promtool
def test_at_night_nobody_has_to_ask(tmp_path: Path) -> None:
    silent = {"silencio_confidence_count": "5+0x400"}
    _judge(Case("SilencioNobodyAsks", {}, {}, after="9h", step="5m"), silent, set(), tmp_path)


@needs_promtool
def test_a_service_that_has_just_come_is_given_time(tmp_path: Path) -> None:
    new = {'up{job="silencio", instance="b"}': "_x204 1+0x20", "silencio_confidence_count": "_x204 0+0x20"}
    _judge(Case("SilencioNobodyAsks", {}, {}, after="18h", step="5m"), new, set(), tmp_path)


def test_every_alert_has_its_case() -> None:
    assert [rule["alert"] for rule in alerts()] == [case.alert for case in CASES]


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_what_happened_what_to_do_and_where_to_read_on(rule: dict[str, Any]) -> None:
    said = rule["annotations"]
    assert rule["labels"]["severity"] in ("page", "warn")
    assert len(said["summary"]) > 20
    assert len(said["description"].split(". ")) >= 2, "what it means, then what to do"
    page, _, anchor = said["runbook"].partition("#")
    headings = re.findall(r"^### (.+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert anchor in [heading.lower() for heading in headings]


@needs_promtool
def test_the_scrape_configuration_is_valid_with_its_rules(tmp_path: Path) -> None:
    config = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
    (job,) = config["scrape_configs"]
    # Debian builds its Prometheus without Kubernetes: how pods are found is all that is not checked.
    assert job.pop("kubernetes_sd_configs") == [{"role": "pod", "namespaces": {"names": ["silencio"]}}]
    job["static_configs"] = [{"targets": ["127.0.0.1:8000"]}]
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(config))
    shutil.copy(MONITORING / "alerts.yaml", tmp_path)
    _promtool("check", "config", str(tmp_path / "prometheus.yaml"))


def _judge(case: Case, series: dict[str, str], firing: set[str], folder: Path) -> None:
    # Somebody is up, or that would be an alarm of its own.
    somebody = {} if case.alert == "SilencioGone" else {'up{job="silencio", instance="b"}': "1+0x2000"}
    lives = somebody | series
    test = {
        "rule_files": [str(MONITORING / "alerts.yaml")],
        "evaluation_interval": case.step,
        "tests": [
            {
                "interval": case.step,
                "input_series": [{"series": name, "values": values} for name, values in lives.items()],
                "promql_expr_test": [
                    {
                        "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                        "eval_time": case.after,
                        "exp_samples": [
                            {"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(firing)
                        ],
                    }
                ],
            }
        ],
    }
    file = folder / "test.yaml"
    file.write_text(yaml.safe_dump(test))
    _promtool("test", "rules", str(file))


def _promtool(*words: str) -> None:
    assert PROMTOOL
    done = subprocess.run([PROMTOOL, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
