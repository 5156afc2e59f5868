"""What is asked of an import: uploaded files and how to read them."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.market.importing.plan import ImportPlan


@dataclass(frozen=True)
class ImportRequest:
    """Files of the owner's (ids of `Uploads`), the plan the person confirmed, and a name.

    check_only : make the quality report and store nothing. replace : put the data in the place of
    a data set of the same title and owner; False refuses when there is one.
    """

    uploads: tuple[str, ...]
    plan: ImportPlan
    title: str
    source: str = ""
    licence: str = ""
    currency: str = "USD"
    check_only: bool = False
    replace: bool = False

    @property
    def name(self) -> str:
        """Title of the job."""
        return f"{'Check' if self.check_only else 'Import'}: {self.title}"
