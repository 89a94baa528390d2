"""What is asked of ``what_if`` is refused with one sentence a field, or before a run begins."""

import dagster as dg
import pytest

from assets.what_if import what_if_job
from orchestration.resources.lake import LakeResource
from orchestration.resources.reports import ReportsResource
from orchestration.what_if_config import SeriesKind, WhatIfConfig, WhatIfModel
from tests.assets.mlflow_samples import mlflow_below


def config(**asked) -> dict:
    return {"ops": {"what_if": {"config": {"day": "2024-06-30", **asked}}}}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"growth_percent": 999}, "growth_percent is 999; expected -90 to 300 %."),
        ({"day": "June 30"}, "day is 'June 30'; expected a day such as 2024-06-30."),
        (
            {"rows": 99_000, "series": "", "seed": -1},
            "series is ''; expected 1 to 80 characters. rows is 99000; expected 100 to 30,000. "
            "seed is -1; expected 0 to 2,147,483,647.",
        ),
        ({"window_days": 1}, "window_days is 1; expected 28 to 3,000 d."),
    ],
)
def test_a_run_with_fields_out_of_bounds_fails_with_a_sentence_for_each(tmp_path, asked, said):
    resources = {
        "lake": LakeResource(root=str(tmp_path)),
        "mlflow": mlflow_below(tmp_path / "mlflow"),
        "reports": ReportsResource(root=str(tmp_path)),
    }
    done = what_if_job.execute_in_process(config(**asked), resources=resources, raise_on_error=False)
    (failed,) = [event for event in done.all_events if event.is_step_failure]
    data = failed.event_specific_data
    assert data.user_failure_data.description == said
    assert data.error.cause is None, "nothing of pydantic's"
    assert data.error.context is None
    assert "pydantic.dev" not in data.error.to_string()


@pytest.mark.parametrize(
    ("field", "offered"),
    [("model", "demand_forest"), ("kind", "sector"), ("language", "es")],
)
def test_a_choice_is_checked_before_a_run_and_is_written_as_before(field, offered):
    assert dg.validate_run_config(what_if_job, config(**{field: offered}))
    with pytest.raises(dg.DagsterInvalidConfigError, match=f"config:{field} not in enum type"):
        dg.validate_run_config(what_if_job, config(**{field: "lstm"}))


def test_choices_are_their_words():
    asked = WhatIfConfig(day="2024-06-30", kind="sector", model="demand_forest")
    assert (asked.kind, asked.model) == (SeriesKind("sector"), WhatIfModel.demand_forest)
    assert f"{asked.kind} {asked.model} {asked.language}" == "sector demand_forest en"
    with pytest.raises(dg.Failure) as refused:
        WhatIfConfig(day="2024-06-30", language="fr")
    assert refused.value.description == "language is 'fr'; expected one of en, es."
