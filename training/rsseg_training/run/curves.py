"""The losses of a run as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rsseg_training.run.folder import RunFolder

__all__ = ["draw_curves"]


def draw_curves(folder: RunFolder) -> None:
    """Draw every term told in the events over the steps, into ``curves.png``."""
    from matplotlib.figure import Figure

    steps = [event for event in folder.events() if event["kind"] == "step"]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name in sorted({name for event in steps for name in event["losses"]}):
        told = [event for event in steps if name in event["losses"]]
        axes.plot([event["step"] for event in told], [event["losses"][name] for event in told], label=name)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    if steps:
        axes.legend()
    temporary = folder.path / "curves.part.png"
    figure.savefig(temporary, dpi=100)
    temporary.replace(folder.path / "curves.png")
