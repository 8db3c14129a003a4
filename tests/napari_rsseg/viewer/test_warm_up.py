from __future__ import annotations

import threading

from napari_rsseg.viewer.warm_up import warm_up


def test_warming_up_works_on_a_thread_of_its_own() -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            warm_up()
        except Exception as error:  # noqa: BLE001 - told by the test
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == []
