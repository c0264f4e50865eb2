"""Reads compose.yaml as an owner's engine would, and says what would surprise them.

check_compose.py COMPOSE [KINORA]: with a program, every KINORA__ and FILE__ setting is held against it. What stands in
comments to be taken in is checked as well: settings, secrets, devices.
"""

import os
import re
import subprocess
import sys
import tempfile

import yaml

SERVICE_KEYS = {
    "image", "build", "container_name", "restart", "stop_grace_period", "user", "read_only", "tmpfs", "cap_drop",
    "cap_add", "security_opt", "environment", "secrets", "volumes", "ports", "devices", "group_add", "depends_on",
    "runtime", "deploy", "healthcheck", "init",
}


def fail(what):
    sys.exit(f"{sys.argv[1]}: {what}")


def targets(service):
    """Where a service sees what: host path to path inside."""
    pairs = (volume.split(":") for volume in service.get("volumes", []))
    return {pair[0]: pair[1] for pair in pairs}


def check(file):
    if set(file) - {"services", "secrets", "volumes", "networks", "name"}:
        fail(f"unknown sections: {sorted(file)}")
    for name, service in file["services"].items():
        if unknown := set(service) - SERVICE_KEYS:
            fail(f"{name} has keys that were never looked at: {sorted(unknown)}")
        for secret in service.get("secrets", []):
            if secret not in file.get("secrets", {}):
                fail(f"{name} names the secret {secret}, which is not there")
    kinora, jellyfin = file["services"]["kinora"], file["services"]["jellyfin"]
    media = {host: inside for host, inside in targets(kinora).items() if inside.startswith("/media")}
    theirs = targets(jellyfin)
    if not media or any(theirs.get(host) != inside for host, inside in media.items()):
        fail("media must lie at the same place in both containers")
    if "/config" not in targets(kinora).values():
        fail("kinora has no /config")
    grace = str(kinora.get("stop_grace_period", "10s"))
    if not grace.endswith("s") or int(grace[:-1]) <= 30:
        fail("stop_grace_period must be longer than serve.drain, which is 30s")
    if not any(str(port).endswith("8710") for port in kinora["ports"]):
        fail("port 8710 is not published")
    return kinora


def taken_in(text):
    """The file with all that may be taken in; where lines exclude each other, the later ones go."""
    line = re.compile(r"^( *)# ((?:KINORA__|FILE__|secrets:|devices:|group_add:|deploy:|  jellyfin_key:|    file:).*)$")
    return "\n".join(line.sub(r"\1\2", it) for it in text.split("\n"))


def settings(kinora, program):
    """The settings, asked of Kinora itself; the files of secrets are stood in for."""
    with tempfile.TemporaryDirectory() as folder:
        secret = os.path.join(folder, "secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write("key\n")
        env = {"PATH": os.environ["PATH"], "KINORA__DATA_DIR": folder}
        for name, value in kinora["environment"].items():
            if name.startswith("FILE__"):
                known = [f"/run/secrets/{it}" for it in kinora.get("secrets", [])]
                if value not in known:
                    fail(f"{name} names {value}, and the secrets are {known}")
                env[name] = secret
            elif name.startswith("KINORA__"):
                env[name] = str(value)
        done = subprocess.run([program, "config", "check"], env=env, capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"kinora refuses its settings: {done.stderr.strip()}")


def main():
    with open(sys.argv[1], encoding="utf-8") as source:
        text = source.read()
    for each in (text, taken_in(text)):
        kinora = check(yaml.safe_load(each))
        if len(sys.argv) > 2 and sys.argv[2]:
            settings(kinora, sys.argv[2])
    if taken_in(text) == text or "FILE__KINORA__JELLYFIN__KEY" not in kinora["environment"]:
        fail("nothing of the comments was taken in")


main()
