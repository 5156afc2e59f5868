"""One error shape, everywhere."""

from __future__ import annotations

import pytest

from terminal import errors


def test_the_sentence_names_field_row_and_remedy() -> None:
    error = errors.InputError(
        "close is -3.1; prices are above zero.", field="close", row=17, remedy="Correct the file."
    )
    assert str(error) == "close: row 17: close is -3.1; prices are above zero. Correct the file."


def test_row_zero_is_shown_not_taken_for_missing() -> None:
    assert "row 0" in str(errors.InputError("bad", row=0))


def test_the_json_form_has_the_same_keys_for_every_kind() -> None:
    kinds = [cls for cls in vars(errors).values() if isinstance(cls, type)]
    shapes = {tuple(cls("m").as_dict()) for cls in kinds if issubclass(cls, errors.TerminalError)}
    assert shapes == {("kind", "message", "field", "row", "remedy")}


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.InputError, 422),
        (errors.NotFound, 404),
        (errors.Unauthenticated, 401),
        (errors.Forbidden, 403),
        (errors.Conflict, 409),
        (errors.Unavailable, 503),
        (errors.StorageFull, 507),
    ],
)
def test_each_kind_has_its_http_status(kind: type[errors.TerminalError], status: int) -> None:
    assert kind("m").status == status


def test_unavailable_says_when_to_try_again() -> None:
    error = errors.Unavailable("no answer", retry_after_s=30, remedy="Try later.")
    assert error.retry_after_s == 30
    assert error.remedy == "Try later."
