"""OpenSky's REST interface for runs; whose account it is comes from the environment and is stored nowhere."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from collector.opensky_api import OpenSkyApi
from collector.settings import OpenSkySettings


class OpenSkyResource(dg.ConfigurableResource):
    """Opens OpenSky as the ``OPENSKY_*`` variables say. It has no fields: the UI shows those of resources."""

    @property
    def account(self) -> str:
        """Whose credits are used, free of secrets."""
        return OpenSkySettings.from_env(os.environ).account

    @contextmanager
    def api(self) -> Iterator[OpenSkyApi]:
        """Requests with the account's token, as long as the block lasts."""
        import httpx

        with httpx.Client() as http:
            yield OpenSkyApi(http, OpenSkySettings.from_env(os.environ), time.time)
