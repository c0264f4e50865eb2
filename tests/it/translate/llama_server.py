"""Serves a GGUF model with llama.cpp (PyPI: xllamacpp) over loopback, for tests: llama_server.py WEIGHTS.gguf

Prints its address when it listens, and ends when its standard input does.
"""

import sys

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_ctx = 4096
params.n_parallel = 2
params.cpuparams.n_threads = 2
params.ui = False
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
