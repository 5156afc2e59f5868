"""The strategy that follows a rule set: its rules are the parameter, so a run can be repeated.

A request holds the rules themselves and not the name they are saved under: whatever happens to the
saved ones later, the run stays what it was. The name is left out, so that the same rules under
another name are the same run.
"""

from __future__ import annotations

from dataclasses import dataclass

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.rules.examples import EXAMPLES
from terminal.strategies.rules.positions import rule_targets
from terminal.strategies.rules.reading import parse_rules, rules_text
from terminal.strategies.rules.rule_set import RuleSet, plain_number
from terminal.strategies.rules.words import in_words
from terminal.strategies.sizing import invested_param
from terminal.strategies.strategy import Strategy


def rules_param(rules: RuleSet) -> str:
    """What stands in a request for these rules."""
    return rules_text(rules.named(""))


@dataclass(frozen=True)
class RulesParams:
    """A rule set as JSON text; equal rules are kept as equal text."""

    rules: str = param(
        rules_param(next(iter(EXAMPLES.values()))),
        title="Rules",
        help="Conditions to enter and to leave, made in the rule builder.",
    )
    invested: float = invested_param()

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", rules_param(self.rule_set))

    @property
    def rule_set(self) -> RuleSet:
        """The rules; InputError names the place of what is wrong inside them."""
        try:
            return parse_rules(self.rules)
        except InputError as error:
            where = "" if error.field in (None, "rules") else f"{error.field}: "
            raise InputError(
                f"{where}{error.message}",
                field="rules",
                remedy="Open them in the rule builder and save them again.",
            ) from None


def targets(panel: Panel, params: RulesParams) -> FloatArray:
    """Target weights of the rules."""
    return rule_targets(panel, params.rule_set, params.invested)


def words(params: RulesParams) -> str:
    """The rules as sentences, and the share put to work where it is not all; no full stop at the
    end, because it stands within a line."""
    invested = "" if params.invested == 1.0 else f" Invested share {plain_number(params.invested)}"
    return (in_words(params.rule_set) + invested).removesuffix(".")


RULES = Strategy(
    slug="rules",
    title="Rules",
    family="rules",
    description="Follows a rule set of your own, made of conditions in the rule builder.",
    params_type=RulesParams,
    warmup=lambda params: params.rule_set.warmup,
    targets=targets,
    words=words,
)
