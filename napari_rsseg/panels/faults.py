"""What users read of a failure nobody foresaw: one sentence, and where the details were written."""

from __future__ import annotations

import datetime
import traceback
from typing import TYPE_CHECKING

from napari_rsseg.errors import RssegError
from napari_rsseg.settings import log_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["describe_fault"]


def _write_details(error: BaseException) -> Path | None:
    folder = log_folder()
    path = folder / f"{datetime.date.today().isoformat()}.log"
    details = "".join(traceback.format_exception(error))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(f"{datetime.datetime.now().isoformat(timespec='seconds')}\n{details}\n")
    except OSError:
        return None
    return path


def describe_fault(error: BaseException) -> str:
    """Return the line for the user; an unforeseen error is written to a log file that the line names."""
    if isinstance(error, RssegError):
        return str(error)
    path = _write_details(error)
    found = f"Something went wrong that was not foreseen ({type(error).__name__}: {error})."
    return f"{found} Details are in {path}." if path else f"{found} Details could not be written."
