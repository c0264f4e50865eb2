//! What must never be shown: keys, tokens, addresses that open a door.

use std::fmt;

/// A key that is never shown: neither its `Debug` nor its `Display` says anything of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub Option<String>);

impl Secret {
    /// The key itself, for the request it goes into.
    pub fn reveal(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// A text of somebody else's without the key in it: servers repeat what they refuse.
    pub fn taken_out_of(&self, text: &str) -> String {
        match self.reveal() {
            Some(key) if !key.is_empty() => text.replace(key, "(key)"),
            _ => text.to_owned(),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Secret(...)" } else { "Secret(none)" })
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "(a key)" } else { "(no key)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_in_no_form() {
        let secret = Secret(Some("hunter2".to_owned()));
        let shown = format!("{secret} {secret:?} {:#?} {:?}", Some(&secret), vec![secret.clone()]);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(secret.taken_out_of("no hunter2, hunter2"), "no (key), (key)");
        assert_eq!(Secret(Some(String::new())).taken_out_of("as it is"), "as it is");
        assert_eq!(Secret(None).to_string(), "(no key)");
    }
}
