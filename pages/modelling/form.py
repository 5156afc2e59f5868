"""The form of a training: bars, features, label, model, splits, what it must show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from pages.components.button import button
from pages.components.form import error_id, field_id, labelled, params_form
from pages.components.panel import panel_head
from pages.modelling.start import SETS, Start, start_values
from pages.researching import bars_form
from terminal.labels.registry import LABELS, get_label
from terminal.market.dataset import Dataset
from terminal.models.catalogue import MODELS, get_model
from terminal.models.combinations import CALIBRATIONS
from terminal.params import describe
from terminal.validation.registry import SPLITTERS, get_splitter

FORM = "md-train"
LABEL, MODEL, SPLITTER, RANGES = "md-label", "md-model", "md-splitter", "md-ranges"
CALIBRATION = [
    {"label": "No", "value": ""},
    *({"label": name.capitalize(), "value": name} for name in CALIBRATIONS),
]
YES_NO = [{"label": "Yes", "value": True}, {"label": "No", "value": False}]
SLOW = (
    ". Without a graphics card each fit takes minutes to hours: take fewer splits (Purged k-fold) "
    "and fewer events (Events and weights); a dry run says how long."
)
KINDS = {LABEL: get_label, MODEL: get_model, SPLITTER: get_splitter}


def training_form(datasets: Sequence[Dataset], query: Mapping[str, str]) -> html.Section:
    """The whole form, filled from `?feature_set=<id>`, `?preset=<name>` or `?from=<job>`."""
    start = start_values(datasets, query)
    return html.Section(
        [
            panel_head(
                "Train a model",
                help="A job in eight stages on a worker. The last share of the bars is looked at "
                "once, at the end; what cannot be told from luck is not registered.",
            ),
            _group("Bars", bars_form.bars_fields(FORM, datasets, start.bars)),
            _group("Features", [_features(start)]),
            _kind_group("Label", LABEL, "label", LABELS, start.label, start.label_params),
            _kind_group("Model", MODEL, "model", MODELS, start.model, start.model_params),
            _kind_group(
                "Splits", SPLITTER, "splitter", SPLITTERS, start.splitter, start.splitter_params
            ),
            _details("Events and weights", _events(start)),
            _details("What it must show", _gate(start)),
            _details("Search of parameters", [html.Div(
                search_fields(start.model, start.values, start.ranges), id="md-search-area",
                className="field-wide",
            )]),
            html.Div(
                [
                    html.Div(id="md-notice", className="rs-notice"),
                    button("Dry run", "md-dry", icon="check",
                           title="Stops after the splits and says what a training would take"),
                    button("Train", "md-run", "primary", "play"),
                ],
                className="rs-run-bar",
            ),
        ],
        className="panel rs-form",
        **{"aria-label": "Train a model"},
    )  # fmt: skip


def kind_note(form: str, slug: str) -> str:
    """What a label, model or split is."""
    found: Any = KINDS[form](slug)
    source = getattr(found, "source", "") or getattr(found, "about", {}).get("source", "")
    slow = SLOW if getattr(found, "sequence", False) else ""
    return f"{found.description} {source}{slow}".strip()


def kind_params(form: str, slug: str, values: Mapping[str, Any] | None = None) -> Any:
    """The controls of its parameters; weights of events are chosen under "Events and weights"."""
    found: Any = KINDS[form](slug)
    return params_form(form, found.params_type, values)


def search_fields(
    model: str, values: Mapping[str, Any], typed: Mapping[str, str] | None = None
) -> list[Any]:
    """Switch, numbers, and a range for each number of the model."""
    specs = [s for s in describe(get_model(model).params_type) if s.kind in ("int", "float")]
    ranges = [
        labelled(
            spec.title,
            dcc.Input(
                id=field_id(RANGES, spec.name), type="text",
                value=(typed or {}).get(spec.name, ""), placeholder="fixed", autoComplete="off",
                className="number-input",
            ),
            id=field_id(RANGES, spec.name), error=error_id(RANGES, spec.name),
        )
        for spec in specs
    ]  # fmt: skip
    return [
        html.P(
            "A range is two numbers, as 10, 200, with log behind them for a logarithmic scale. "
            "Empty: the parameter stays as it stands above. No range: no search.",
            className="muted",
        ),
        html.Div(
            [
                text_field("trials", "Combinations", values["trials"], note="2 – 1,000"),
                text_field("folds", "Folds of each", values["folds"], note="2 – 20"),
                _yes("prune", "Give up what is behind", values["prune"]),
                *ranges,
            ],
            className="form-grid",
        ),
    ]


def text_field(name: str, label: str, value: Any, **more: Any) -> html.Div:
    """A text box of the form."""
    control = dcc.Input(
        id=field_id(FORM, name), type="text", value=str(value), autoComplete="off",
        className="number-input",
    )  # fmt: skip
    return labelled(label, control, id=field_id(FORM, name), error=error_id(FORM, name), **more)


def _features(start: Start) -> html.Div:
    control = html.Div(
        [
            dcc.Dropdown(start.sets, start.features, id=field_id(FORM, SETS), clearable=False,
                         maxHeight=300),
            html.Div(start.feature_words, id="md-features-note", className="bt-note"),
        ]
    )  # fmt: skip
    return labelled(
        "Feature set", control, id=field_id(FORM, SETS), error=error_id(FORM, SETS), wide=True,
        help="Sets that come with the terminal, and your own from Research.",
    )  # fmt: skip


def _kind_group(
    title: str, form: str, name: str, known: Mapping[str, str], slug: str, values: Mapping[str, Any]
) -> html.Div:
    kinds: Any = KINDS[form]
    options = [{"label": kinds(one).title, "value": one} for one in known]
    control = html.Div(
        [
            dcc.Dropdown(options, slug, id=field_id(FORM, name), clearable=False,
                         searchable=False),
            html.Div(kind_note(form, slug), id=f"{form}-note", className="bt-note"),
        ]
    )  # fmt: skip
    choice = labelled(
        "Kind", control, id=field_id(FORM, name), error=error_id(FORM, name), wide=True
    )
    return html.Div(
        [
            html.H3(title),
            html.Div(choice, className="form-grid"),
            html.Div(kind_params(form, slug, values), id=f"{form}-area", className="rs-area"),
        ],
        className="bt-group",
    )


def _events(start: Start) -> list[Any]:
    given = start.values
    return [
        text_field("every", "Take each so-many-th bar", given["every"], note="from 1"),
        _yes("uniqueness", "Weigh by uniqueness", given["uniqueness"],
             help="Events that overlap tell the same story twice; each counts for its own part."),
        text_field("time_decay", "Weight of the oldest event", given["time_decay"], note="0 – 1"),
        text_field("early_stopping", "Share that says when to stop", given["early_stopping"],
                   note="0 – 0.4", help="The last events of each fit; 0: all rounds are used."),
        labelled(
            "Calibrate probabilities",
            html.Div(
                dcc.RadioItems(CALIBRATION, given["calibration"],
                               id=field_id(FORM, "calibration"), inline=True,
                               className="segmented"),
            ),
            id=field_id(FORM, "calibration"), error=error_id(FORM, "calibration"),
            help="Corrects probabilities of classes by what happened in that slice, so that bets "
            "can be sized by them. Isotonic follows the data, Platt is a sigmoid for few events.",
        ),
        text_field("gap", "Gap", given["gap"], note="auto, or bars",
                   help="Between what is learned from and what is tested. Auto: look-back plus "
                   "horizon; less is refused."),
        _yes("drop_leaks", "Leave leaking columns out", given["drop_leaks"],
             help="Else a finding of the leakage checker keeps the gate shut."),
        text_field("seed", "Seed", given["seed"], note="of everything random"),
    ]  # fmt: skip


def _gate(start: Start) -> list[Any]:
    given = start.values
    return [
        text_field("out_of_sample", "Out-of-sample share", given["out_of_sample"],
                   note="0.05 – 0.5", help="The last bars. Nothing sees them before the end."),
        text_field("confidence", "Confidence", given["confidence"], note="0.5 – 0.9999",
                   help="Of the interval of the score, which must lie above chance."),
        text_field("paths", "Share of paths above chance", given["paths"], note="0.5 – 1"),
        _yes("count_trainings", "Allow for earlier looks", given["count_trainings"],
             help="Widens the interval with each training that looked at the same data set."),
        text_field("name", "Name of the model", given["name"], note="up to 80 characters",
                   help="Trainings of the same name are versions of one model."),
    ]  # fmt: skip


def _yes(name: str, label: str, value: bool, **more: Any) -> html.Div:
    own = field_id(FORM, name)
    control = html.Div(
        dcc.RadioItems(YES_NO, value, id=own, inline=True, className="segmented"),
    )
    return labelled(label, control, id=own, error=error_id(FORM, name), **more)


def _group(title: str, controls: list[Any]) -> html.Div:
    return html.Div(
        [html.H3(title), html.Div(controls, className="form-grid")], className="bt-group"
    )


def _details(title: str, controls: list[Any]) -> html.Details:
    return html.Details(
        [html.Summary(title), html.Div(controls, className="form-grid")],
        className="bt-group md-details",
    )
