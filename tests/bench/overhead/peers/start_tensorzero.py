"""Starts the gateway that is in TensorZero's wheel, and writes its address into a file.

usage: start_tensorzero.py CONFIGURATION ADDRESS
"""

import os
import signal
import sys

from tensorzero import _start_http_gateway

configuration, address = sys.argv[1:]
gateway = _start_http_gateway(
    config_file=configuration,
    clickhouse_url=None,
    postgres_url=None,
    valkey_url=None,
    async_setup=False,
)
with open(address + ".part", "w") as file:
    file.write(gateway.base_url)
os.rename(address + ".part", address)
signal.pause()
