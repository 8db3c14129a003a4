"""``python -m napari_rsseg`` is the command line."""

import sys

from napari_rsseg.cli.main import main

sys.exit(main())
