//! `[jellyfin]` in `kinora.toml` and the environment; mistakes, none of which repeats a key.

use crate::config;
use kinora::app::config::{Config, JellyfinSetting, Key, Overrides, YieldTo};
use kinora::domain::jellyfin::paths::PathMap;
use kinora::domain::order::Deliver;
use kinora::engines::llm::Secret;
use std::path::PathBuf;
use std::time::Duration;

fn read(text: &str, env: &[(&str, &str)]) -> Result<Config, String> {
    config::read(text, env, Overrides::default())
}

fn jellyfin(text: &str, env: &[(&str, &str)]) -> JellyfinSetting {
    read(text, env).unwrap().jellyfin.unwrap()
}

fn secret(key: &str) -> Key {
    Key::Is(Secret(Some(key.to_owned())))
}

#[test]
fn there_is_none_where_nobody_names_one() {
    assert_eq!(read("", &[]).unwrap().jellyfin, None);
    // Of other programs.
    assert_eq!(read("", &[("JELLYFIN_API_KEY", "abc")]).unwrap().jellyfin, None);
}

#[test]
fn every_key_is_read() {
    let text = r#"
        [jellyfin]
        url = "http://10.0.0.5:8096/jellyfin/"
        key_file = "/run/secrets/jellyfin"
        paths = [{ here = "/srv/films", there = 'D:\Films' }, { here = "/srv", there = "/media" }]
        deliver = "upload"
        yield = "playback"
        poll_interval = "10s"
    "#;
    let pair = |here: &str, there: &str| (PathBuf::from(here), there.to_owned());
    let wanted = JellyfinSetting {
        url: "http://10.0.0.5:8096/jellyfin".to_owned(),
        key: Key::File("/run/secrets/jellyfin".into()),
        paths: PathMap { pairs: vec![pair("/srv/films", r"D:\Films"), pair("/srv", "/media")] },
        deliver: Deliver::Upload,
        yield_to: YieldTo::Playback,
        poll_interval: Duration::from_secs(10),
    };
    assert_eq!(jellyfin(text, &[]), wanted);
    let usual = jellyfin("[jellyfin]\nurl = \"http://nas:8096\"\nkey = \"abc\"", &[]);
    let told = (usual.deliver, usual.yield_to, usual.poll_interval, usual.paths);
    assert_eq!(
        told,
        (Deliver::Sidecar, YieldTo::Transcode, Duration::from_secs(5), PathMap::default())
    );
}

#[test]
fn the_environment_beats_the_file() {
    let file = "[jellyfin]\nurl = \"http://file:8096\"\nkey_file = \"/key\"";
    let url = ("JELLYFIN_BASE_URL", "http://env:8096");
    let key = ("JELLYFIN_API_KEY", " of-env ");
    let both = jellyfin("", &[url, key]);
    assert_eq!((both.url.as_str(), both.key), ("http://env:8096", secret("of-env")));
    let both = jellyfin(file, &[url, key]);
    assert_eq!((both.url.as_str(), both.key), ("http://env:8096", secret("of-env")));
    let ours = [
        ("KINORA__JELLYFIN__KEY_FILE", "/ours"),
        ("KINORA__JELLYFIN__URL", "http://ours"),
        url,
        key,
    ];
    let beaten = jellyfin(file, &ours);
    assert_eq!((beaten.url.as_str(), beaten.key), ("http://ours", Key::File("/ours".into())));
    let paths = ("KINORA__JELLYFIN__PATHS", r#"[{ here = "/a", there = "/b" }]"#);
    assert_eq!(jellyfin(file, &[paths]).paths.pairs, [(PathBuf::from("/a"), "/b".to_owned())]);
}

#[test]
fn mistakes_are_told_without_the_key() {
    let fine = "[jellyfin]\nurl = \"http://nas:8096\"\n";
    for (text, env, says) in [
        ("[jellyfin]\nkey = \"hunter2\"".to_owned(), None, "jellyfin has no url"),
        (fine.to_owned(), None, "jellyfin has a url but no key"),
        (format!("{fine}key = \"hunter2\"\nkey_file = \"/x\""), None, "more than one place"),
        (format!("{fine}key = \"hunter2 hunter2\""), None, "spaces"),
        (
            fine.to_owned(),
            Some(("JELLYFIN_API_KEY", "hunter2 hunter2")),
            "JELLYFIN_API_KEY: it has spaces",
        ),
        (fine.to_owned(), Some(("JELLYFIN_BASE_URL", "nas:8096")), "JELLYFIN_BASE_URL"),
        (
            "[jellyfin]\nurl = \"http://me:hunter2@nas\"\nkey = \"x\"".to_owned(),
            None,
            "a password in it",
        ),
        (
            "[jellyfin]\nurl = \"http://jf.example.com\"\nkey = \"hunter2\"".to_owned(),
            None,
            "for all to read",
        ),
        (
            format!("{fine}key = \"x\"\npaths = [{{ here = \"films\", there = \"/a\" }}]"),
            None,
            "no absolute path",
        ),
        (
            format!("{fine}key = \"x\"\npaths = [{{ here = \"/a/../b\", there = \"/a\" }}]"),
            None,
            "`..` in it",
        ),
        (
            format!("{fine}key = \"x\"\npaths = [{{ here = \"/a\", there = \"films\" }}]"),
            None,
            "no whole path",
        ),
        (
            format!(
                "{fine}key = \"x\"\npaths = [{{ here = \"/a\", there = \"/b\" }}, {{ here = \"/a\", there = \"/c\" }}]"
            ),
            None,
            "names /a twice",
        ),
        (format!("{fine}key = \"x\"\ndeliver = \"post\""), None, "`post` is unknown"),
        (format!("{fine}key = \"x\"\nyield = \"always\""), None, "`always` is unknown"),
        (format!("{fine}key = \"x\"\npoll_interval = \"1ms\""), None, "a time from"),
        (format!("{fine}key = \"x\"\nkeyfile = \"/a\""), None, "`keyfile` is unknown"),
    ] {
        let env: Vec<_> = env.into_iter().collect();
        let told = read(&text, &env).expect_err(&text);
        assert!(told.contains(says), "{text}: {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}
