"""Networks as people choose them."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.errors import InputError
from terminal.models.model import ModelKind, Task
from terminal.params import param

LOSSES = ("auto", "cross-entropy", "huber", "sharpe", "sortino")
SCHEDULES = ("cosine", "one-cycle", "plateau", "constant")


@dataclass(frozen=True)
class NetworkParams:
    """What the networks have in common."""

    window: int = param(
        60, title="Window", low=2, high=512, unit="bars", help="Bars each answer looks back over."
    )
    hidden: int = param(32, title="Width", low=4, high=256, help="Numbers each layer remembers.")
    layers: int = param(1, title="Layers", low=1, high=4)
    dropout: float = param(
        0.1, title="Dropout", low=0, high=0.9, help="Share of numbers left out while learning."
    )
    loss: str = param(
        "auto",
        title="Loss",
        choices=LOSSES,
        help="auto: cross-entropy for classes, Huber for a number. sharpe and sortino make the "
        "answer a position from -1 to 1 and maximise the ratio of its outcomes, before costs.",
    )
    huber_delta: float = param(
        1.0,
        title="Huber's threshold",
        low=0.01,
        high=100,
        unit="standard deviations",
        help="Larger errors count linearly.",
    )
    epochs: int = param(30, title="Epochs at most", low=1, high=1000)
    batch: int = param(256, title="Batch", low=8, high=8192, unit="events")
    learning_rate: float = param(0.002, title="Learning rate", low=1e-6, high=0.1)
    weight_decay: float = param(0.0001, title="Weight decay", low=0, high=1)
    clip_norm: float = param(
        1.0, title="Gradient norm at most", low=0.001, high=1000, help="Longer ones are shortened."
    )
    schedule: str = param(
        "cosine",
        title="Learning rate over time",
        choices=SCHEDULES,
        help="plateau halves it when the validation slice stops improving.",
    )
    patience: int = param(
        8,
        title="Patience",
        low=0,
        high=1000,
        unit="epochs",
        help="Stop when the validation slice has not improved for so long; 0: never stop early.",
    )


@dataclass(frozen=True)
class LstmParams(NetworkParams):
    """Parameters of the LSTM."""


@dataclass(frozen=True)
class TransformerParams(NetworkParams):
    """Parameters of the Transformer."""

    heads: int = param(4, title="Heads", low=1, high=16, help="Must divide the width.")

    def __post_init__(self) -> None:
        if self.hidden % self.heads:
            raise InputError(
                f"A width of {self.hidden} cannot be shared by {self.heads} heads.",
                field="heads",
                remedy="Choose a number that divides the width.",
            )


LSTM = ModelKind(
    slug="lstm",
    title="LSTM with attention",
    family="network",
    description="Reads a window of past bars in both directions and weighs them by attention. The "
    "window ends at the bar that decides, so reading it backwards sees nothing of the future.",
    params_type=LstmParams,
    tasks=(Task.CLASSES, Task.NUMBER),
    fit="terminal.models.networks.lstm:fit",
    load="terminal.models.networks.lstm:load",
    sequence=True,
    window=lambda params: int(params.window),
    loss="as chosen",
    about={"source": "Schuster, Paliwal (1997); Bahdanau, Cho, Bengio (2015), attention"},
)

TRANSFORMER = ModelKind(
    slug="transformer",
    title="Causal Transformer",
    family="network",
    description="Each bar of the window looks at itself and earlier ones; the last bar answers.",
    params_type=TransformerParams,
    tasks=(Task.CLASSES, Task.NUMBER),
    fit="terminal.models.networks.transformer:fit",
    load="terminal.models.networks.transformer:load",
    sequence=True,
    window=lambda params: int(params.window),
    loss="as chosen",
    about={"source": "Vaswani et al. (2017); Xiong et al. (2020), norm before each layer"},
)
