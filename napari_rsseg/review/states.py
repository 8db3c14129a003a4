"""How far a window has come, and in which order windows are shown."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["DONE", "ORDER_WORDS", "STATE_COLOURS", "Order", "State"]


class State(StrEnum):
    """How far a window has come."""

    UNSEEN = "unseen"
    """Nobody looked at it."""
    IN_WORK = "in work"
    """Somebody opened it and has not decided."""
    CORRECTED = "corrected"
    """Somebody changed labels and says that they are right now."""
    ACCEPTED = "accepted"
    """Somebody agrees with what is there."""
    SENT_BACK = "sent back"
    """The lead wants it done again."""
    FLAGGED = "flagged"
    """Somebody is not sure and asks others."""


DONE = (State.CORRECTED, State.ACCEPTED)
"""What counts as reviewed."""

# told apart by colour-blind readers: Okabe and Ito 2008
STATE_COLOURS: dict[State, str] = {
    State.UNSEEN: "#bbbbbb",
    State.IN_WORK: "#56b4e9",
    State.CORRECTED: "#0072b2",
    State.ACCEPTED: "#009e73",
    State.SENT_BACK: "#d55e00",
    State.FLAGGED: "#f0e442",
}


class Order(StrEnum):
    """Which windows come first."""

    LIKELY_WRONG = "likely-wrong"
    LEAST_CONFIDENT = "least-confident"
    MARGIN = "margin"
    DISAGREEMENT = "disagreement"
    MISSES = "misses"
    RARE = "rare"
    DIVERSE = "diverse"
    VALUABLE = "valuable"
    RANDOM = "random"
    BY_HAND = "by-hand"


ORDER_WORDS: dict[Order, tuple[str, str]] = {
    Order.LIKELY_WRONG: (
        "Most errors expected",
        "Wrong pixels expected from confidence, disputes and what corrections so far have shown; learns as "
        "you go.",
    ),
    Order.LEAST_CONFIDENT: ("Least confident", "Lowest mean probability of the predicted class."),
    Order.MARGIN: ("Smallest margin", "The two most probable classes lie closest together."),
    Order.DISAGREEMENT: (
        "Models disagree",
        "Two predictions differ most: of two models, or of one model with and without eight orientations.",
    ),
    Order.MISSES: (
        "Probable misses",
        "Places that the prediction gives to one class though their features look like another.",
    ),
    Order.RARE: ("Rare class first", "Windows with the classes that cover least."),
    Order.DIVERSE: ("Diverse", "Each window looks as unlike all before it as possible."),
    Order.VALUABLE: (
        "Most valuable to adapt",
        "Uncertainty times mixture of classes times difference from what was seen: what a model learns most "
        "from.",
    ),
    Order.RANDOM: ("Random", "No order, the same each time."),
    Order.BY_HAND: ("By hand", "As you put them."),
}
"""Title and explanation of each order, as the page and the documentation show them."""
