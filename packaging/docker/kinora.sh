#!/bin/sh
# `kinora` for whoever types it into the container, `docker exec kinora kinora status`, and for the health check: as the
# user whose files these are, not as root.
exec /usr/lib/kinora/as-owner.sh /usr/lib/kinora/kinora "$@"
