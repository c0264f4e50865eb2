//! Who may send webhooks, how often, and where their senders see our files: keys, defaults and mistakes.

use crate::config;
use kinora::app::config::{Config, Overrides};
use std::num::NonZeroU32;
use std::path::PathBuf;

fn read(text: &str) -> Result<Config, String> {
    config::read(text, &[], Overrides::default())
}

#[test]
fn what_is_not_said_trusts_nobody() {
    let http = read("").unwrap().http;
    assert_eq!(http.webhook_secret_file, None);
    assert_eq!(http.trusted_networks, []);
    assert_eq!(http.rate_per_minute, NonZeroU32::new(600));
    assert_eq!(http.upload_bytes_max, 4 * 1024 * 1024 * 1024);
}

#[test]
fn what_is_said_counts() {
    let text = r#"
        [http]
        webhook_secret_file = "/run/secrets/webhooks"
        trusted_networks = ["192.168.1.77/24", "fd00::/8", "10.0.0.7"]
        rate_per_minute = 0
        upload_max_mib = 100
        [webhooks]
        paths = [{ here = "/films", there = "/movies" }, { here = "/tv", there = 'D:\TV' }]
    "#;
    let config = read(text).unwrap();
    assert_eq!(config.http.webhook_secret_file, Some(PathBuf::from("/run/secrets/webhooks")));
    let networks: Vec<String> =
        config.http.trusted_networks.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["192.168.1.0/24", "fd00::/8", "10.0.0.7/32"]);
    assert_eq!((config.http.rate_per_minute, config.http.upload_bytes_max), (None, 100 << 20));
    let pairs = [("/films", "/movies"), ("/tv", "D:\\TV")];
    let pairs = pairs.map(|(here, there)| (PathBuf::from(here), there.to_owned()));
    assert_eq!(config.webhook_paths.pairs, pairs);
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    for (text, told) in [
        ("[http]\ntrusted_networks = [\"192.168.1\"]", "`192.168.1` is no network"),
        (
            "[http]\ntrusted_networks = [\"0.0.0.0/0\"]",
            "is everybody; name the networks of the house",
        ),
        ("[http]\ntrusted_networks = [\"::/0\"]", "is everybody"),
        ("[http]\nwebhook_secret_file = \"secret\"", "is no absolute path"),
        ("[http]\nrate_per_minute = -1", "a whole number from 0 to 1000000"),
        ("[http]\nupload_max_mib = 0", "a number of MiB from 1 to"),
        ("[webhooks]\npaths = [{ here = \"films\", there = \"/movies\" }]", "is no absolute path"),
        ("[webhooks]\npaths = [{ here = \"/films\", there = \"movies\" }]", "is no whole path"),
        ("[webhooks]\npaths = [{ here = \"/films\" }]", "there"),
    ] {
        let fault = read(text).unwrap_err();
        assert!(fault.contains(told), "{text}: {fault}");
    }
}
