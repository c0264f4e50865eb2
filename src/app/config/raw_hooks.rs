//! The shape of `[webhooks]`: where the programs that send them see our files; and of what `[http]` lets in.

use super::raw_paths::{RawPair, path_map};
use crate::domain::fault::Fault;
use crate::domain::jellyfin::paths::PathMap;
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::net::IpAddr;

/// `[webhooks]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawWebhooks {
    /// Folders of ours, and how the programs that send webhooks see them: `[{ here = "/media", there = "/data" }]`.
    paths: Vec<RawPair>,
}

impl RawWebhooks {
    pub(super) fn checked(self) -> Result<PathMap, Fault> {
        path_map("webhooks.paths", self.paths)
    }
}

/// Networks, or single machines.
pub(super) fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let read = texts.into_iter().map(|text| {
        let one = || text.parse::<IpAddr>().ok().map(IpNet::from);
        let net = text.parse::<IpNet>().ok().or_else(one);
        let told = "is no network; write it like `192.168.1.0/24`, `fd00::/8` or `10.0.0.7`";
        let net = net.ok_or_else(|| D::Error::custom(format!("`{text}` {told}")))?;
        if net.prefix_len() == 0 {
            let told = "is everybody; name the networks of the house";
            return Err(D::Error::custom(format!("`{text}` {told}")));
        }
        Ok(net.trunc())
    });
    read.collect()
}
