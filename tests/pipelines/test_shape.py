"""What the tree says of loops and exit handlers, on small pipelines of its own."""

from pathlib import Path

import yaml
from kfp import dsl
from kfp.compiler import Compiler
from kfp.dsl.base_component import BaseComponent

from pipelines.local import run
from pipelines.resources import placed
from pipelines.shape import shape
from pipelines.step import Step
from silencio.workspace import Workspace


@dsl.component(base_image="python:3.11", packages_to_install=[], install_kfp_package=False)
def survey(what: str) -> str:
    print(f"result looked at {what}")
    return what


@dsl.component(base_image="python:3.11", packages_to_install=[], install_kfp_package=False)
def refuse(gate: str) -> None:
    print(f"result {gate} said no")


@dsl.pipeline(name="looping")
def looping(names: list[str]) -> None:
    with dsl.ExitHandler(refuse(gate="the end")), dsl.ParallelFor(names, parallelism=2) as name:
        survey(what=name)


@dsl.component(base_image="python:3.11", packages_to_install=[], install_kfp_package=False)
def tell(status: dsl.PipelineTaskFinalStatus) -> None:
    print(f"result {status.state}")


@dsl.component(base_image="python:3.11", packages_to_install=[], install_kfp_package=False)
def together(gate: list) -> None:
    print(f"result {len(gate)}")


@dsl.pipeline(name="telling")
def telling() -> None:
    with dsl.ExitHandler(tell()):
        survey(what="dusk")


@dsl.pipeline(name="collecting")
def collecting(names: list[str]) -> None:
    with dsl.ParallelFor(names) as name:
        seen = survey(what=name)
    together(gate=dsl.Collected(seen.output))


@dsl.pipeline(name="placing")
def placing() -> None:
    placed(refuse(gate=placed(survey(what="dusk")).output))


def tree(pipeline: BaseComponent, folder: Path) -> str:
    path = folder / "pipeline.yaml"
    Compiler().compile(pipeline, str(path))
    return shape(list(yaml.safe_load_all(path.read_text())))


def test_a_loop_says_over_what_and_how_many_at_once(tmp_path: Path) -> None:
    assert "\n  for each of names, at most 2 at once\n    survey\n" in tree(looping, tmp_path)


def test_an_exit_handler_runs_however_the_rest_ended(tmp_path: Path) -> None:
    said = tree(looping, tmp_path)
    assert "\n  refuse\n    after exit-handler-1, however they ended\n" in said
    assert said.index("    survey\n") < said.index("  refuse\n"), "and so it comes last"


def test_what_an_exit_handler_hears_of_is_said(tmp_path: Path) -> None:
    assert "in status: task_final_status of exit-handler-1" in tree(telling, tmp_path)


def test_what_a_loop_made_comes_before_who_takes_it(tmp_path: Path) -> None:
    said = tree(collecting, tmp_path)
    assert said.index("    survey\n") < said.index("  together\n")
    assert "in gate: list from for-loop-1.survey-Output" in said


def test_what_is_asked_of_a_cluster_is_no_burden_here(workspace: Workspace) -> None:
    """The object that runs here is the one that is compiled, with its resources, attempts and time-outs."""

    def nobody(steps: list[Step]) -> None:
        """Follows nothing."""

    steps = run(placing, {}, workspace, nobody)
    assert [(step.name, step.result) for step in steps] == [
        ("survey", "looked at dusk"),
        ("refuse", "dusk said no"),
    ]
