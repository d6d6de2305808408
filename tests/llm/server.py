"""A real, small language model that speaks OpenAI's and Anthropic's protocols on 127.0.0.1.

    server.py WEIGHTS PORT

Prints `LISTEN <address>` once it answers, and ends on SIGTERM. The key is `sk-local-test`. The model is
tiny: what it says is beside the point, how it is said is not. One thread, since two that wait for each
other on shared cores are much slower.
"""

import signal
import sys

import xllamacpp

weights, port = sys.argv[1], int(sys.argv[2])
settings = xllamacpp.CommonParams()
settings.model.path = weights
settings.model_alias = {"smollm2-135m-instruct"}
settings.hostnames = ["127.0.0.1"]
settings.port = port
settings.api_keys = ["sk-local-test"]
settings.n_ctx = 4096
settings.n_parallel = 2
settings.cpuparams.n_threads = 1
settings.cpuparams_batch.n_threads = 1
settings.use_jinja = True
server = xllamacpp.Server(settings)
print("LISTEN", server.listening_address, flush=True)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
