//! Addresses of servers, as an owner writes them into the configuration.

use reqwest::Url;
use std::net::IpAddr;

/// Ends of names that are no one's on the internet: home networks, containers, private nets over the internet.
const HOME_ENDS: [&str; 10] = [
    ".local",
    ".lan",
    ".home",
    ".home.arpa",
    ".internal",
    ".intranet",
    ".localdomain",
    ".localhost",
    ".box",
    ".ts.net",
];

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    /// `http://` or `https://`, host, port and path; no slash at its end.
    pub text: String,
    /// Nobody on the way can read along.
    pub encrypted: bool,
    /// By its name or number it stands in the owner's own network.
    pub at_home: bool,
}

impl ServerUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong and what to write, one sentence; a user name or a password in it is not repeated.
    pub fn parse(text: &str) -> Result<ServerUrl, String> {
        let text = text.trim();
        let url = Url::parse(text).ok().filter(|it| matches!(it.scheme(), "http" | "https"));
        let Some(url) = url.filter(Url::has_host) else {
            // What was not understood may hold a password.
            let shown = if text.contains('@') { "it".to_owned() } else { format!("`{text}`") };
            return Err(format!(
                "{shown} is no web address; write it like `http://10.0.0.5:11434`"
            ));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("there is a user name or a password in it; write it without".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("there is a `?` or a `#` in it; write it without".to_owned());
        }
        Ok(ServerUrl {
            encrypted: url.scheme() == "https",
            at_home: url.host_str().is_some_and(is_at_home),
            text: url.as_str().trim_end_matches('/').to_owned(),
        })
    }
}

/// Whether an address stands in the owner's own network; one that cannot be read does not.
pub fn at_home(url: &str) -> bool {
    Url::parse(url).is_ok_and(|it| it.host_str().is_some_and(is_at_home))
}

/// Whether a host, by its name or number, stands in the owner's own network.
pub(super) fn is_at_home(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return match ip.to_canonical() {
            IpAddr::V4(ip) => {
                // 100.64.0.0/10 is a provider's inner network (RFC 6598), and that of private nets over the internet.
                let shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xC0 == 64;
                ip.is_loopback() || ip.is_private() || ip.is_link_local() || shared
            }
            IpAddr::V6(ip) => {
                ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
            }
        };
    }
    let name = bare.to_lowercase();
    !name.contains('.') || HOME_ENDS.iter().any(|it| name.ends_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_known_for_home_or_away() {
        for (text, read, encrypted, at_home) in [
            ("http://10.0.0.5:11434/", "http://10.0.0.5:11434", false, true),
            (" http://vllm:8000/v1// ", "http://vllm:8000/v1", false, true),
            ("HTTP://NAS.Local:80", "http://nas.local", false, true),
            ("http://127.0.0.1", "http://127.0.0.1", false, true),
            ("http://[fd00::1]:8000", "http://[fd00::1]:8000", false, true),
            ("http://[::ffff:192.168.1.2]/v1", "http://[::ffff:c0a8:102]/v1", false, true),
            ("http://100.101.1.2", "http://100.101.1.2", false, true),
            ("http://100.128.1.2", "http://100.128.1.2", false, false),
            ("http://8.8.8.8", "http://8.8.8.8", false, false),
            ("http://[2001:db8::1]", "http://[2001:db8::1]", false, false),
            ("http://api.example.com/v1", "http://api.example.com/v1", false, false),
            ("http://notlocal.example", "http://notlocal.example", false, false),
            ("https://api.example.com/v1", "https://api.example.com/v1", true, false),
        ] {
            let text_read = ServerUrl { text: read.to_owned(), encrypted, at_home };
            assert_eq!(ServerUrl::parse(text), Ok(text_read), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_without_a_password() {
        for (text, says) in [
            ("10.0.0.5:11434", "`10.0.0.5:11434` is no web address; write it like"),
            ("", "`` is no web address"),
            ("ftp://10.0.0.5", "is no web address"),
            ("http://", "is no web address"),
            ("ann:hunter2@nas", "it is no web address"),
            ("http://ann:hunter2@nas/", "there is a user name or a password in it"),
            ("http://hunter2@nas/", "there is a user name or a password in it"),
            ("http://nas/v1?key=hunter2", "there is a `?` or a `#` in it"),
        ] {
            let told = ServerUrl::parse(text).expect_err(text);
            assert!(told.contains(says) && !told.contains("hunter2"), "{text}: {told}");
        }
    }
}
