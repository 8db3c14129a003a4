"""A program that edits labels until it is killed; after each change that counts it prints its number."""

from __future__ import annotations

import sys
import threading
from itertools import islice
from pathlib import Path

from napari_rsseg.editing import Journal
from napari_rsseg.editing.opening import resume
from napari_rsseg.errors import RssegError
from tests.label_bench import PERSON, LabelBench, do, random_operations

COMMIT_S = 0.05


def main() -> int:
    """Edit with a seed, from an action on, and save in the background all the while."""
    folder, seed, first = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    bench = LabelBench(folder)
    try:
        session, _ = resume(bench.store(), Journal(bench.journal), PERSON)
        threading.Thread(target=_save, args=(session.commit,), daemon=True).start()
        for number, action in enumerate(islice(random_operations(seed), first, None), first + 1):
            do(session, action)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
    except RssegError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _save(commit: object) -> None:
    pause = threading.Event()
    while not pause.wait(COMMIT_S):
        assert callable(commit)
        commit()


if __name__ == "__main__":
    raise SystemExit(main())
